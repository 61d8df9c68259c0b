#include "compose/doctor.hpp"

#include <algorithm>
#include <fmt/format.h>

#include "compose/agent_channel.hpp"
#include "compose/own_services.hpp"
#include "compose/service_mode.hpp"
#include "compose/watchdog_renewal.hpp"
#include "ipc/message.hpp"
#include "journal/journal.hpp"
#include "journal/policy_file.hpp"
#include "steps/routes.hpp"

namespace update {
namespace {

using Findings = std::vector<Diagnosis>;

/// A job that nobody works on: the steps that only look may look through it.
class Looking {
 public:
    Looking(Control& control, const Plan& plan, Actor actor)
        : channel_{control.layout(), control.adapters().clock(), control.adapters().files()},
          services_{control.settings(), control.layout(), control.adapters().locks(),
                    control.adapters().processes()},
          renewal_{control.adapters(), channel_},
          ports_{control.adapters().ports(services_, channel_, renewal_)},
          job_{control.settings(),
               control.layout(),
               ports_,
               control.adapters().machine(),
               actor,
               plan,
               record_,
               [] { return done(); },
               [] { return false; },
               [](std::string_view) {},
               [](std::uint64_t, std::uint64_t) {}} {}
    Job& job() { return job_; }

 private:
    AgentChannel channel_;
    OwnServices services_;
    RemoteRenewal renewal_;
    Ports ports_;
    Record record_;
    Job job_;
};

Findings bad_configuration(const Error& error) {
    return {{"config", false, error.message(), "correct the configuration file"}};
}

void look_at_watchdog(Control& control, Findings& findings) {
    const auto& routes = control.settings().routes;
    const bool wanted = std::ranges::find(routes, Route::watchdog) != routes.end();
    const auto reply = control.ask_watchdog(ipc::Request{});
    if (!reply)
        return findings.push_back(
            {"watchdog", !wanted, fmt::format("no watchdog answers: {}", reply.error().message()),
             wanted ? "start it: watchdog --config FILE, as root or the same account" : ""});
    if (!reply->ok)
        return findings.push_back(
            {"watchdog", false, "the watchdog refuses to answer: " + reply->message, "restart the watchdog"});
    if (reply->version != ipc::protocol)
        return findings.push_back({"watchdog", false,
                                   fmt::format("watchdog {} speaks protocol {}, this program {}",
                                               reply->message, reply->version, ipc::protocol),
                                   "install watchdog and updatectl of the same release"});
    findings.push_back(
        {"watchdog", true, fmt::format("watchdog {} answers, protocol {}", reply->message, reply->version)});
}

void look_at_routes(Control& control, Findings& findings) {
    const Plan none;
    Looking looking{control, none, Actor::agent};
    std::string open, closed;
    for (const Route route : control.settings().routes) {
        const auto possible = route_is_possible(looking.job(), route);
        if (possible)
            open += fmt::format("{}{}", open.empty() ? "" : ", ", name(route));
        else
            closed +=
                fmt::format("{}{}: {}", closed.empty() ? "" : "; ", name(route), possible.error().message());
    }
    if (open.empty())
        findings.push_back({"routes", false, "nobody could restart the agent after an update: " + closed,
                            "start the watchdog, or allow the route self-update"});
    else
        findings.push_back(
            {"routes", true, "possible: " + open + (closed.empty() ? "" : "; not: " + closed)});
}

void judge_service(const Result<std::vector<Finding>>& installed, const std::string& prefix,
                   Findings& findings) {
    if (!installed)
        return findings.push_back(
            {"service", false, prefix + installed.error().message(), "updatectl service repair"});
    std::string good;
    for (const Finding& finding : *installed)
        if (finding.ok)
            good += (good.empty() ? "" : ", ") + finding.what;
        else
            findings.push_back({"service", false, prefix + finding.what, finding.cure});
    findings.push_back({"service", true, prefix + good});
}

/// The services as they are installed, drop-ins included.
void look_at_services(Control& control, Findings& findings) {
    const auto agent = check_installed_service(control.settings());
    if (!agent) return;
    judge_service(*agent, "", findings);
    for (const auto& other : check_other_services(control.settings()))
        judge_service(other.findings, other.service + ": ", findings);
}

void look_at_journal(Control& control, Findings& findings) {
    if (auto allowed = control.readable(); !allowed)
        return findings.push_back({"journal", false, allowed.error().message(), "see the message"});
    const auto loaded = Journal{control.adapters().files(), control.layout()}.load();
    if (!loaded.damage.empty())
        return findings.push_back(
            {"journal", false, loaded.damage,
             loaded.record
                 ? "nothing to do: the other generation is used, and the next update rewrites this one"
                 : "remove the damaged journal file when no update is in progress"});
    if (!loaded.record || is_terminal(loaded.record->progress.state))
        return findings.push_back({"journal", true, "readable, no update in progress"});
    const bool worked_on = control.somebody_works();
    findings.push_back(
        {"journal", worked_on,
         fmt::format("update {} is {}{}", loaded.record->update_id, row(loaded.record->progress.state).name,
                     worked_on ? "" : ", and nobody works on it just now"),
         worked_on ? "" : "start watchdog or agent, which go on with it; or updatectl cancel"});
}

std::string cure_of(Reason preflight) {
    if (preflight == Reason::no_space) return "free the missing bytes";
    if (preflight == Reason::no_route) return "start the watchdog, or allow the route self-update";
    return "see the message";
}

}  // namespace

bool healthy(const Findings& findings) { return std::ranges::all_of(findings, &Diagnosis::ok); }

Findings examine(const std::filesystem::path& config_file) {
    const auto settings = load_settings(config_file);
    if (!settings) return bad_configuration(settings.error());
    const auto control = Control::open(*settings);
    if (!control) return bad_configuration(control.error());
    Findings findings{{"config", true, config_file.string() + " is valid"}};
    doctor::look_at_folders(**control, findings);
    look_at_journal(**control, findings);
    look_at_watchdog(**control, findings);
    look_at_services(**control, findings);
    look_at_routes(**control, findings);
    doctor::look_at_programs(**control, findings);
    doctor::look_at_trust(**control, findings);
    doctor::look_at_server_side(**control, findings);
    return findings;
}

Findings examine(Control& control, const Plan& plan) {
    Findings findings;
    const Settings& settings = control.settings();
    if (const auto open = control.open_update())
        findings.push_back({"in-progress", false,
                            fmt::format("update {} is {}", open->update_id, row(open->progress.state).name),
                            "wait for its end, or updatectl cancel"});
    const WallTime now = control.adapters().clock().wall();
    const PolicyMemory memory =
        settled(load_policy_memory(control.adapters().files(), control.layout()).value_or(PolicyMemory{}),
                settings.policy, now);
    if (auto allowed = may_try(memory, plan, settings.policy, now); !allowed)
        findings.push_back({"policy", false, allowed.error().message(), "see the message"});
    else
        findings.push_back(
            {"policy", true, fmt::format("{} may follow {}", plan.version, plan.from_version)});
    const bool unsigned_here =
        plan.vouched_by == VouchedBy::operator_ && control.settings().trust.mode == TrustMode::signed_;
    Looking looking{control, plan, Actor::operator_};
    if (preflight_at_once(looking.job()) == Event::succeeded)
        findings.push_back({"preflight", true, "there is room, and somebody to restart the agent"});
    else
        findings.push_back(
            {"preflight", false, looking.job().record.message, cure_of(looking.job().record.reason)});
    if (unsigned_here)
        findings.push_back(
            {"trust", false, "nobody signed these files",
             "publish them with updatectl repo, or set trust.mode = \"unsigned\" for development"});
    return findings;
}

}  // namespace update
