// The promises, checked by facts that no part of the product can read.
#pragma once
#include <array>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include <update/plan.hpp>

#include "journal/record.hpp"
#include "ports/clock.hpp"
#include "sim/darkness.hpp"
#include "sim/disk.hpp"
#include "sim/fault.hpp"

namespace update::sim {

class World;
struct Process;

enum class Promise : std::uint8_t {
    startable = 1,    ///< a complete verified image can always be started, and an agent runs within the bound
    verified_only,    ///< unverified bytes never run
    finite_restarts,  ///< restarts per version are finite
    ends,             ///< every update ends new, old or refused within its bound
    careful_cleanup,  ///< clean-up removes neither the running image nor the only other one
    true_version,     ///< the version reported and acknowledged is the one that runs
    held_stays,       ///< what an administrator stopped stays stopped
    nothing_left,     ///< nothing is left over
    never_mixed,      ///< no set of two versions works
    crashes_are_free,    ///< crashes alone never cost the update
    outage_is_innocent,  ///< an outage alone quarantines nothing
    told_once,           ///< the server learns the outcome exactly once in effect
};
inline constexpr std::size_t promise_count = 12;
std::string_view name(Promise);

struct Violation {
    Promise promise;
    std::string what;
};

class Ghost {
 public:
    explicit Ghost(World&);

    void break_promise(Promise, std::string what);
    const std::optional<Violation>& violation() const { return violation_; }

    // --- what it is shown
    void names_changed(const std::string& path);
    void removed(const std::string& path, const NodePtr&);
    void image_starts(const Process&);
    /// A program of the set was started.
    void member_starts(const Process&);
    /// Another file stands at the path of one of the set's files. @param by  who renamed or removed
    void file_exchanged(const Process* by, const std::string& path);
    void agent_works(const Process&);
    void time_passed();
    void power_was_off();
    void journal_written(std::string_view slot);
    void at_the_end();

    unsigned acknowledged =
        0;  ///< answers that confirmed an update, or came from a server that confirms none
    bool watchdog_died_on_trial = false;  ///< it has one start, so that a crash there is its verdict
    unsigned starts_of_new = 0;
    Darkness darkness;
    std::array<std::uint64_t, state_count> states{};
    std::optional<Record> last;  ///< as the end found it

 private:
    bool is_complete(const std::string& bytes, std::string& version) const;
    /// @return the file of the set that is not of this version; none: all are
    const Artifact* odd_file(const std::string& version) const;
    void check_server(const Record&);
    void check_rest(const Record&);

    World& world_;
    const AwakeClock::duration dark_bound_;
    std::optional<Violation> violation_;
    std::map<std::uint64_t, std::string> journaled_;  ///< generation -> the whole slot
};

}  // namespace update::sim
