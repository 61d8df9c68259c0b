#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/json_reader.hpp"
#include "base/utc_text.hpp"
#include "human.hpp"
#include "render_findings.hpp"

namespace update::ctl {
namespace {

std::string trust_text(const DecisionView& view) {
    std::string text;
    for (const RoleRow& role : view.roles)
        text += fmt::format("{}{} {} {}", text.empty() ? "" : ", ", printable(role.name), role.version,
                            role.days_to_expiry < 0 ? fmt::format("expired {} days ago", -role.days_to_expiry)
                                                    : fmt::format("expires in {} days", role.days_to_expiry));
    return text.empty() ? std::string{"No signed metadata was fetched yet.\n"}
                        : fmt::format("Trusted: {}.\n", text);
}

std::string rules_text(const DecisionView& view) {
    std::string text;
    if (view.epoch > 0)
        text += fmt::format("Security epoch {} was committed: nothing below it is installed.\n", view.epoch);
    if (view.hold) text += "Updates are held (policy.hold).\n";
    if (!view.pin.empty()) text += fmt::format("Version {} is pinned (policy.pin).\n", printable(view.pin));
    if (!view.minimum_version.empty())
        text += fmt::format("Nothing below {} is taken (policy.minimum_version).\n",
                            printable(view.minimum_version));
    if (!view.windows.empty())
        text += fmt::format("The maintenance windows are {}; at this moment they are {}.\n",
                            printable(fmt::format("{}", fmt::join(view.windows, ", "))),
                            view.window_open ? "open" : "closed");
    if (view.unsigned_allowed)
        text += "Local files that nobody signed may be installed by the operator (trust.mode).\n";
    for (const PermitRow& permit : view.permits)
        text += fmt::format("The signed permit {} leads back to {} until {}{}.\n", printable(permit.id),
                            printable(permit.version), utc_text(permit.until_unix_ms),
                            permit.used ? ", and is used up" : "");
    return text;
}

std::string release_text(const ReleaseRow& row) {
    std::string rollout;
    if (row.rollout_percent < 100)
        rollout = fmt::format(", for {} % of the endpoints and this one's place is {}.{:02} %",
                              row.rollout_percent, row.bucket / 100, row.bucket % 100);
    return fmt::format("  {} (epoch {}{}): {}\n", printable(row.version), row.epoch, rollout,
                       row.taken              ? "would be installed"
                       : row.obstacle.empty() ? "possible"
                                              : printable(row.obstacle));
}

}  // namespace

std::string decision_text(const DecisionView& view) {
    std::string text = fmt::format("Releases are those of channel {} ({}).\n", printable(view.channel),
                                   view.channel_source == "agent" ? "policy.channel" : "by default");
    text += trust_text(view) + rules_text(view);
    if (!view.trouble.empty())
        return text + fmt::format("Nothing can be installed: {}.\n", printable(view.trouble));
    text += view.releases.empty() ? "The channel has no release.\n"
                                  : "Its releases, as they were fetched last:\n";
    for (const ReleaseRow& row : view.releases) text += release_text(row);
    if (!view.obstacle.empty()) text += fmt::format("Nothing is taken now: {}.\n", printable(view.obstacle));
    if (!view.permit.empty())
        text += fmt::format("The permit {} would be used up.\n", printable(view.permit));
    return text;
}

std::string decision_json(const DecisionView& view) {
    Json roles = Json::array(), releases = Json::array(), permits = Json::array();
    for (const RoleRow& role : view.roles)
        roles.push_back(
            {{"role", role.name}, {"version", role.version}, {"days_to_expiry", role.days_to_expiry}});
    for (const ReleaseRow& row : view.releases)
        releases.push_back({{"version", row.version},
                            {"epoch", row.epoch},
                            {"rollout_percent", row.rollout_percent},
                            {"bucket", row.bucket},
                            {"obstacle", row.obstacle},
                            {"taken", row.taken}});
    for (const PermitRow& permit : view.permits)
        permits.push_back({{"id", permit.id},
                           {"version", permit.version},
                           {"until_unix_ms", permit.until_unix_ms},
                           {"used", permit.used}});
    return json_text({{"channel", view.channel},
                      {"channel_source", view.channel_source},
                      {"trouble", view.trouble},
                      {"trust", roles},
                      {"epoch", view.epoch},
                      {"pin", view.pin},
                      {"minimum_version", view.minimum_version},
                      {"hold", view.hold},
                      {"unsigned_allowed", view.unsigned_allowed},
                      {"windows", view.windows},
                      {"window_open", view.window_open},
                      {"obstacle", view.obstacle},
                      {"permit", view.permit},
                      {"releases", releases},
                      {"permits", permits}});
}

}  // namespace update::ctl
