// From a selection to a plan: what the publisher signed, and what this endpoint's policy allows of it. A
// workflow over ports: whoever drives it holds the journal's lock.
#pragma once
#include <string>

#include <update/plan.hpp>
#include <update/selection.hpp>

#include "policy/choice.hpp"
#include "policy/executable.hpp"
#include "releases/release_source.hpp"

namespace update {

/// Who selects.
enum class Asker : std::uint8_t {
    server,    ///< binds itself to the endpoint's channel and windows
    operator_  ///< on this machine, with its rights
};

struct Resolved {
    Plan plan;
    Vouchers vouchers;
};

/// The whole decision, for people.
struct ReleaseDecision {
    ChosenChannel channel;
    std::vector<Permit> permits;  ///< of the signed list, with those that are used up
    EndpointFacts facts;          ///< what it was decided by
    std::vector<std::uint32_t>
        buckets;                    ///< this endpoint's place per release that is not for all, else 10,000
    std::vector<Release> releases;  ///< newest first, as in `choice.considered`
    Choice choice;
    std::optional<std::size_t> taken;  ///< place in `releases`
};

class Releases {
 public:
    Releases(const Settings&, const Layout&, const Machine&, ReleasePorts);

    /// @param running_version  empty: unknown, which is refused
    /// @return an error that `refusal_of` explains
    Result<Resolved> resolve(const Selection&, const std::string& running_version, const PolicyMemory&,
                             Asker);
    /// By what was fetched last.
    /// @return the trouble that keeps everything from being installed
    Result<ReleaseDecision> decision(const std::string& running_version, const PolicyMemory&);

    ReleaseSource& source() { return source_; }
    ChosenChannel channel() const;

 private:
    Result<std::string> channel_for(const Selection&, Asker) const;
    Result<EndpointFacts> facts(const std::string& running_version, const PolicyMemory&) const;

    const Settings& settings_;
    const Machine& machine_;
    ReleasePorts ports_;
    ReleaseSource source_;
};

}  // namespace update
