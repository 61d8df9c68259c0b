#include "compose/control.hpp"

#include <array>
#include <fmt/format.h>
#include <sstream>

#include "base/json_reader.hpp"
#include "compose/service_mode.hpp"
#include "compose/status.hpp"
#include "durable/durable.hpp"
#include "journal/journal.hpp"
#include "os/ipc_client.hpp"

namespace update {
namespace {

using namespace std::chrono_literals;
constexpr milliseconds reply_timeout = 15s;  // a restart waits for the agent's stop, 10 s by default
constexpr std::size_t state_max_bytes = 64 * 1024, history_max_bytes = 4 << 20;

void append_history(Files& files, const Path& file, std::vector<HistoryEntry>& entries) {
    const auto text = read_text(files, file, history_max_bytes);
    if (!text) return;
    std::istringstream lines{*text};
    for (std::string line; std::getline(lines, line);) {
        const auto object = parse_json_object(line, line.size());
        if (!object) continue;
        HistoryEntry entry;
        FieldReader fields{*object};
        fields.integer<std::int64_t>("t", entry.unix_ms, 0, std::numeric_limits<std::int64_t>::max());
        fields.text("update", entry.update_id);
        fields.text("state", entry.state);
        fields.text("event", entry.event);
        fields.text("note", entry.note, Need::optional);
        if (fields.status()) entries.push_back(std::move(entry));
    }
}

std::string version_in(Files& files, const Path& state_file) {
    const auto text = read_text(files, state_file, state_max_bytes);
    const auto object = text ? parse_json_object(*text, state_max_bytes) : Result<Json>{text.error()};
    if (!object) return "";
    std::string version;
    FieldReader fields{*object};
    fields.text("version", version);
    return fields.status() ? version : "";
}

bool touched_nothing(Reason reason) {
    return reason == Reason::refused || reason == Reason::no_route || reason == Reason::no_space;
}

}  // namespace

Said said(const Error& error) {
    switch (error.code()) {
        case ErrorCode::refused:
        case ErrorCode::permission:
            return {ControlExit::refused, error.message()};
        case ErrorCode::retry_later:
            return {ControlExit::in_progress, error.message()};
        default:
            return {ControlExit::failed, error.message()};
    }
}

ControlExit exit_for(const Outcome& outcome) {
    switch (outcome.ending) {
        case Ending::committed:
            return ControlExit::ok;
        case Ending::rolled_back:
            return ControlExit::rolled_back;
        case Ending::needs_repair:
            return ControlExit::needs_repair;
        case Ending::abandoned:
            break;
    }
    return touched_nothing(outcome.reason) ? ControlExit::refused : ControlExit::failed;
}

std::string_view name(ControlExit exit) {
    static constexpr std::array<std::string_view, 9> words{"ok",          "failed",      "bad-invocation",
                                                           "refused",     "rolled-back", "needs-repair",
                                                           "unreachable", "in-progress", "findings"};
    return words.at(static_cast<std::size_t>(exit));
}

Control::Control(std::unique_ptr<Adapters> adapters) : adapters_{std::move(adapters)} {}
Control::~Control() = default;

Result<std::unique_ptr<Control>> Control::open(const Settings& settings) {
    UPDATE_TRY(adapters, Adapters::make(settings), "open endpoint");
    std::unique_ptr<Control> control{new Control{std::move(adapters)}};
    UPDATE_TRY(loop, EventLoop::create(), "open endpoint");
    control->loop_ = std::move(loop);
    UPDATE_TRY(services,
               make_supervision(*control->loop_, *control->adapters_, Supervisor::watchdog,
                                [](const std::string&, const std::optional<ExitStatus>&) {}),
               "open endpoint");
    control->services_ = std::move(services);
    return control;
}

Status Control::readable() {
    const auto listed = adapters_->files().list(layout().state_dir());
    if (listed || listed.error().code() != ErrorCode::permission) return done();
    return Error{listed.error()}.in("run as root, or as the account that owns the state directory");
}

Result<ipc::Reply> Control::ask_watchdog(const ipc::Request& request) {
    return ask(layout().watchdog_socket(), request, reply_timeout);
}

Said Control::tell_watchdog(const ipc::Request& request) {
    const auto reply = ask_watchdog(request);
    if (!reply && reply.error().code() == ErrorCode::permission) return said(reply.error());
    if (!reply)
        return {ControlExit::unreachable,
                fmt::format("no watchdog answers ({}); start it, or see updatectl doctor",
                            reply.error().message())};
    if (reply->ok) return {ControlExit::ok, reply->message};
    return said(ipc::to_status(*reply).error());
}

bool Control::watchdog_answers() {
    const auto reply = ask_watchdog(ipc::Request{});
    return reply && reply->ok;
}

Result<StatusReport> Control::status() {
    ipc::Request request;
    request.type = ipc::Type::status;
    const auto reply = ask_watchdog(request);
    if (reply && reply->ok && !reply->status.empty()) return StatusReport{reply->status, ""};
    const std::string why = reply ? reply->message : reply.error().message();
    if (auto listed = adapters_->files().list(layout().state_dir()); !listed)
        return Error{listed.error()}.in(
            fmt::format("no watchdog answers ({}), and the journal cannot be read", why));
    return StatusReport{status_json(*adapters_, *services_, "", adapters_->clock().now()),
                        fmt::format("no watchdog answers, this is from the journal ({})", why)};
}

std::optional<Record> Control::record() const { return Journal{adapters_->files(), layout()}.load().record; }

std::optional<Record> Control::open_update() const {
    auto current = record();
    if (current && is_terminal(current->progress.state)) current.reset();
    return current;
}

bool Control::somebody_works() {
    const auto lock = adapters_->locks().try_lock(layout().journal_lock());
    return !lock && lock.error().code() == ErrorCode::retry_later;
}

std::vector<HistoryEntry> Control::history() const {
    std::vector<HistoryEntry> entries;
    append_history(adapters_->files(), layout().state_dir() / "history.1.jsonl", entries);
    append_history(adapters_->files(), layout().history(), entries);
    return entries;
}

std::string Control::running_version() const {
    if (auto version = version_in(adapters_->files(), layout().state_file()); !version.empty())
        return version;
    const auto last = record();
    if (!last || !is_terminal(last->progress.state)) return "";
    return last->progress.state == State::committed ? last->to_version : last->from_version;
}

}  // namespace update
