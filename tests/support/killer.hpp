// Kills or holds a process at a known point of an update. The kernel (fanotify) holds every process that
// opens a file of the state folder until the killer has looked at the journal, so that no state passes too
// fast to be hit.
#pragma once
#include <atomic>
#include <map>
#include <optional>
#include <string>
#include <sys/fanotify.h>
#include <unistd.h>

#include "flow/table.hpp"
#include "support/endpoint.hpp"
#include "support/open_watch.hpp"

namespace update::test {

enum class At {
    entry,  ///< the state is journaled, nothing of its effect has happened
    end,    ///< its effect has happened, the next state is not journaled yet
};

struct KillPoint {
    Endpoint::Who worker;  ///< whose work in the state is watched
    State state;
    At at = At::entry;
    Endpoint::Who victim;  ///< who dies then
};
std::string describe(const KillPoint&);

/// From its construction on; acts once.
class Killer {
 public:
    struct Journaled {
        std::uint64_t generation;
        State state;
        std::string update_id;
    };
    /// Why it cannot work on this machine; empty: it can.
    static std::string why_not() { return OpenWatch::why_not(); }

    /// @param act  what happens instead of the kill, while the worker is held; must open no file that lies
    /// directly in the state folder
    Killer(const Endpoint&, KillPoint, std::function<void()> act = {});
    enum class Holds { worker };
    /// Nobody dies: the worker stands still at the point, in its `open`, until `release`. Everybody else goes
    /// on, and may open what he likes.
    Killer(const Endpoint&, KillPoint, Holds);
    ~Killer();
    Killer(const Killer&) = delete;
    Killer& operator=(const Killer&) = delete;
    /// The pid that was killed, or held for `act`; 0: not yet.
    pid_t killed() const { return killed_; }
    void release();

 private:
    /// @return false: the opener is to wait until it is released
    bool decide(pid_t opener, int file);
    pid_t find(Endpoint::Who) const;
    std::optional<Journaled> journaled() const;

    const Layout layout_;
    const KillPoint point_;
    const std::function<void()> act_;
    const bool holds_ = false;
    std::atomic<int> held_file_ = -1;
    std::map<std::string, int> slots_;
    std::atomic<pid_t> killed_ = 0;
    OpenWatch watch_{FAN_OPEN_PERM, [this](pid_t opener, int file) {
                         return killed_ != 0 || opener == ::getpid() || decide(opener, file);
                     }};
};

}  // namespace update::test
