// bare_supervisor SOCKET [PROGRAM ARGUMENT...]: what a bare start and a bare stop and start cost. Reads
// commands from standard input, one a line: "start", "restart", "stop"; ends at its end. Prints what happens
// and when. Without a program it only waits for "ready" of whatever others start.
#include <csignal>
#include <poll.h>
#include <string>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "ready_desk.hpp"

namespace {

class Child {
 public:
    explicit Child(char** argv) : argv_{argv} {}

    void start() {
        tell("starting");
        pid_ = ::vfork();
        if (pid_ == 0) {
            ::setsid();
            ::execv(argv_[0], argv_);
            ::_exit(127);
        }
    }
    /// What it has to say at its end is answered, or it would wait for that.
    void stop(ReadyDesk& desk) {
        if (pid_ <= 0) return;
        const int handle = static_cast<int>(::syscall(SYS_pidfd_open, pid_, 0));
        pollfd waiting[] = {{desk.descriptor(), POLLIN, 0}, {handle, POLLIN, 0}};
        tell("stopping");
        ::kill(pid_, SIGTERM);
        while (::poll(waiting, 2, -1) < 0 || waiting[1].revents == 0)
            if (waiting[0].revents != 0) desk.serve();
        ::waitpid(pid_, nullptr, 0);
        ::close(handle);
        pid_ = 0;
        tell("stopped");
    }

 private:
    char** argv_;
    pid_t pid_ = 0;
};

std::string read_line(bool& ended) {
    std::string line;
    char c = 0;
    for (;;) {
        if (::read(0, &c, 1) != 1) {
            ended = true;
            return {};
        }
        if (c == '\n') return line;
        line += c;
    }
}

}  // namespace

int main(int argc, char** argv) {
    if (argc < 2) return 2;
    ReadyDesk desk{argv[1]};
    Child child{argv + 2};
    tell("listening");
    for (bool ended = false; !ended;) {
        pollfd waiting[] = {{desk.descriptor(), POLLIN, 0}, {0, POLLIN, 0}};
        if (::poll(waiting, 2, -1) < 0) continue;
        if (waiting[0].revents != 0) desk.serve();
        if (waiting[1].revents == 0) continue;
        const std::string command = read_line(ended);
        if (command == "stop" || command == "restart") child.stop(desk);
        if (command == "start" || command == "restart") child.start();
    }
    child.stop(desk);
}
