// The three ways in which the new watchdog comes to run: this process becomes it, another process is asked
// to, or it has failed already.
#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "compose/adapters.hpp"

namespace update {

/// How the new watchdog comes to run: words of the guardian's command line.
inline constexpr std::string_view guardian_word = "--update-guardian";
inline constexpr std::string_view service_guardian_word = "--update-service-guardian";

/// In the watchdog. Leaves a guardian of the old program behind, then executes the staged new one in this
/// very process, so that the programs stay its children. The new one comes here again after its start, finds
/// itself running and is installed. A service of Windows cannot become another program: it ends, and its
/// guardian starts the new one.
class SelfRenewal : public Renewal {
 public:
    SelfRenewal(Adapters& adapters, std::vector<std::string> arguments)
        : adapters_{adapters}, arguments_{std::move(arguments)} {}
    Status renew_watchdog(std::chrono::milliseconds timeout) override;
    /// Does this process run the new watchdog of the update in progress?
    Result<bool> is_renewed() const;
    /// The new watchdog of the update in progress, which is what was signed.
    Result<Command> fresh_watchdog() const;

 private:
    struct Files;
    Result<Files> files() const;
    Status is_promised(const Files&) const;

    Adapters& adapters_;
    const std::vector<std::string> arguments_;
};

/// Does a guardian watch a renewal right now? Between the old watchdog's last answer and the new one's first
/// there is only the guardian: nobody else has to take its place.
bool is_renewal_under_way(Adapters&);

/// In the helper and in updatectl: asks the running watchdog to renew itself and waits until it has.
class RemoteRenewal : public Renewal {
 public:
    RemoteRenewal(Adapters& adapters, Channel& channel) : adapters_{adapters}, channel_{channel} {}
    Status renew_watchdog(std::chrono::milliseconds timeout) override;

 private:
    Adapters& adapters_;
    Channel& channel_;
};

/// In the guardian, after the new watchdog has failed.
class FailedRenewal : public Renewal {
 public:
    Status renew_watchdog(std::chrono::milliseconds) override {
        return Error{ErrorCode::timed_out, "the new watchdog died or did not take over in time"};
    }
};

}  // namespace update
