#include <csignal>
#include <doctest/doctest.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lock_holder.hpp"
#include "os/locks.hpp"

namespace update::test {

LockHolder::LockHolder(const Path& lock) {
    int ready[2];
    REQUIRE(::pipe(ready) == 0);
    const ::pid_t child = ::fork();
    if (child == 0) {
        const auto held = make_locks()->try_lock(lock);
        const char answer = held ? '1' : '0';
        (void)!::write(ready[1], &answer, 1);
        for (;;) ::pause();
    }
    process_ = child;
    char answer = '?';
    REQUIRE(::read(ready[0], &answer, 1) == 1);
    REQUIRE(answer == '1');
    ::close(ready[0]);
    ::close(ready[1]);
}

void LockHolder::kill() {
    if (process_ == 0) return;
    const auto child = static_cast<::pid_t>(process_);
    process_ = 0;
    CHECK(::kill(child, SIGKILL) == 0);
    CHECK(::waitpid(child, nullptr, 0) == child);
}

}  // namespace update::test
