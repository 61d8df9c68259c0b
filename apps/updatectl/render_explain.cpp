#include <fmt/format.h>

#include "base/json_reader.hpp"
#include "base/utc_text.hpp"
#include "human.hpp"
#include "render_findings.hpp"

namespace update::ctl {
namespace {

std::string sentence_on_update(const ExplainView& view) {
    const UpdateRow& update = *view.update;
    const std::string what = fmt::format("update {} from {} to {}", printable(update.id),
                                         printable(update.from), printable(update.to));
    if (!view.in_progress) return fmt::format("The last one, {}, ended: {}.", what, printable(update.state));
    return fmt::format("An {} is in progress: {}{}.", what, printable(update.state),
                       view.worked_on ? "" : ", and no process works on it at this moment");
}

std::string why(const ExplainView& view) {
    if (view.reason == Reason::none) return "";
    std::string text = fmt::format("The reason is \"{}\": {}", name(view.reason), meaning_of(view.reason));
    if (!view.message.empty()) text += fmt::format("\nIt was noticed so: {}.", printable(view.message));
    if (view.starts > 1) text += fmt::format("\nThe new version was started {} times.", view.starts);
    return text + "\n";
}

std::string obstacles(const ExplainView& view) {
    std::string text;
    for (const std::string& program : view.held)
        text += fmt::format("{} is held by the administrator: nobody starts it (updatectl release {}).\n",
                            printable(program), printable(program));
    for (const QuarantineRow& row : view.quarantine)
        text += fmt::format(
            "Version {} is quarantined until {}, because {} (updatectl quarantine clear {}).\n",
            printable(row.version), utc_text(row.until_unix_ms), name(row.reason), printable(row.version));
    for (const AttemptsRow& row : view.attempts)
        if (row.count >= row.limit)
            text += fmt::format("Version {} has used up its {} attempts (updatectl quarantine clear {}).\n",
                                printable(row.version), row.limit, printable(row.version));
    if (!view.watchdog_answers) text += "No watchdog answers (updatectl doctor).\n";
    if (view.unconfirmed > 0)
        text += fmt::format("{} outcomes wait here until a server confirms them.\n", view.unconfirmed);
    if (!view.journal_damage.empty())
        text += fmt::format("The journal is damaged: {}.\n", printable(view.journal_damage));
    return text;
}

}  // namespace

std::string meaning_of(Reason reason) {
    switch (reason) {
        case Reason::none:
            return "";
        case Reason::cancelled:
            return "somebody cancelled it.";
        case Reason::refused:
            return "policy forbids this version; the message says which rule.";
        case Reason::no_route:
            return "nobody could have restarted the agent; start the watchdog.";
        case Reason::no_space:
            return "a volume was too full; free the missing bytes and try again.";
        case Reason::download_failed:
            return "the artifact could not be fetched; look at network, proxy and server.";
        case Reason::corrupt:
            return "the bytes were not those that were promised; publish the artifact again.";
        case Reason::wrong_machine:
            return "the program is built for another system or processor.";
        case Reason::self_test_failed:
            return "the new program did not print its version when it was tried before the installation.";
        case Reason::io_failed:
            return "a file could not be read or written; look at the disk and at permissions.";
        case Reason::stop_failed:
            return "the old version could not be stopped.";
        case Reason::start_failed:
            return "the new version could not be started at all.";
        case Reason::crashed:
            return "the new version ended by itself before it had proven that it works; its own log says "
                   "why.";
        case Reason::not_ready:
            return "the new version was not ready in time (trial.ready_timeout).";
        case Reason::wrong_version:
            return "the program that ran reported another version than the one that was announced.";
        case Reason::not_acknowledged:
            return "the server acknowledged nothing, though the old version reaches it: the new version is "
                   "bad.";
        case Reason::network:
            return "no acknowledgement came, and the old version cannot reach the server either.";
        case Reason::watchdog_failed:
            return "the new watchdog did not take over.";
        case Reason::crash_loop:
            return "the updating process itself died too often in one state.";
        case Reason::unconfirmed:
            return "the server is too old to confirm updates; the previous version is kept.";
        case Reason::restore_failed:
            return "the old version could not be put back: repair the installation by hand.";
        case Reason::requested:
            return "an operator asked for the previous version.";
        case Reason::untrusted:
            return "no valid signature of the publisher vouches for it; the message says why, and what to "
                   "do.";
    }
    return "";
}

std::string explain_text(const ExplainView& view) {
    std::string text = view.running_version.empty()
                           ? std::string{"Which version runs is not known here.\n"}
                           : fmt::format("Version {} runs.\n", printable(view.running_version));
    text += view.update ? sentence_on_update(view) + "\n" : "No update was ever begun here.\n";
    text += why(view);
    if (!view.refusal.empty())
        text += fmt::format("After that, an update was refused: {}.\n", printable(view.refusal));
    text += obstacles(view);
    text += decision_text(view.decision);
    if (view.lines.empty()) return text;
    text += "Its last steps:\n";
    for (const HistoryLine& line : view.lines)
        text += fmt::format("  {}  {} {} {}\n", utc_text(line.unix_ms), printable(line.state),
                            printable(line.event), printable(line.note));
    return text;
}

std::string explain_json(const ExplainView& view) {
    Json update = nullptr;
    if (view.update)
        update = {{"id", view.update->id},           {"from", view.update->from},
                  {"to", view.update->to},           {"state", view.update->state},
                  {"in_progress", view.in_progress}, {"worked_on", view.worked_on},
                  {"reason", name(view.reason)},     {"meaning", meaning_of(view.reason)},
                  {"message", view.message},         {"starts", view.starts}};
    Json lines = Json::array();
    for (const HistoryLine& line : view.lines)
        lines.push_back(
            {{"unix_ms", line.unix_ms}, {"state", line.state}, {"event", line.event}, {"note", line.note}});
    const Json policy = Json::parse(quarantine_json(view.quarantine, view.attempts));
    return json_text({{"running_version", view.running_version.empty() ? Json{} : Json(view.running_version)},
                      {"watchdog_answers", view.watchdog_answers},
                      {"held", view.held},
                      {"update", std::move(update)},
                      {"quarantine", policy.at("quarantine")},
                      {"attempts", policy.at("attempts")},
                      {"refusal", view.refusal},
                      {"unconfirmed_outcomes", view.unconfirmed},
                      {"journal_damage", view.journal_damage},
                      {"decision", Json::parse(decision_json(view.decision))},
                      {"history", std::move(lines)}}) +
           "\n";
}

}  // namespace update::ctl
