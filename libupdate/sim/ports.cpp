#include "sim/ports.hpp"

#include <fmt/format.h>

#include "sim/actors.hpp"

namespace update::sim {

using namespace std::chrono_literals;

Result<Space> SimVolumes::space(const Path&) {
    return Space{1, world_.meets(FaultKind::disk_full) ? 0 : std::uint64_t{1} << 40U};
}

namespace {

class SimLock final : public Lock {
 public:
    SimLock(World& world, std::string file, std::int64_t pid)
        : world_{world}, file_{std::move(file)}, pid_{pid} {}
    SimLock(const SimLock&) = delete;
    SimLock& operator=(const SimLock&) = delete;
    ~SimLock() override {
        const auto held = world_.locks.find(file_);
        if (held != world_.locks.end() && held->second == pid_) world_.locks.erase(held);
    }

 private:
    World& world_;
    const std::string file_;
    const std::int64_t pid_;
};

}  // namespace

Result<std::unique_ptr<Lock>> SimLocks::try_lock(const Path& file) {
    const std::string name = file.generic_string();
    (void)world_.point(p_, Op::other, "lock", name);
    const auto [held, free] = world_.locks.try_emplace(name, p_.pid);
    if (!free) return Error{ErrorCode::retry_later, fmt::format("process {} holds {}", held->second, name)};
    return std::unique_ptr<Lock>{std::make_unique<SimLock>(world_, name, p_.pid)};
}

Result<HttpHead> SimHttp::get(const HttpRequest& request, HttpSink& sink) {
    (void)world_.point(p_, Op::other, "get", request.url);
    world_.spend(p_, 20ms);
    if (world_.meets(FaultKind::network_cut)) return Error{ErrorCode::retry_later, "no connection"};
    HttpHead head;
    if (world_.takes(FaultKind::busy_mirror)) {
        head.status = world_.troubles.count_of(FaultKind::busy_mirror) % 2 == 0 ? 503 : 429;
        head.retry_after = 7s;
        UPDATE_CHECK(sink.head(head), "answer");
        return head;
    }
    const bool is_first_mirror = request.url.starts_with("https://a.");
    if (is_first_mirror && world_.meets(FaultKind::lost_mirror)) {
        head.status = 404;
        UPDATE_CHECK(sink.head(head), "answer");
        return head;
    }
    const Repository& repository = *world_.scenario.repository;
    const std::string path = request.url.substr(request.url.find('/', 8) + 1);
    const bool may_be_old = path == Repository::timestamp && (is_first_mirror || world_.all_mirrors_are_old);
    if (may_be_old && world_.meets(FaultKind::old_mirror))
        return send(request, sink, repository.old_timestamp());
    const std::string* file = repository.find(path);
    if (file != nullptr) return send(request, sink, *file);
    head.status = 404;
    UPDATE_CHECK(sink.head(head), "answer");
    return head;
}

Result<HttpHead> SimHttp::send(const HttpRequest& request, HttpSink& sink, std::string bytes) {
    if (world_.takes(FaultKind::wrong_bytes)) bytes[bytes.size() / 2] ^= 1;
    HttpHead head;
    head.etag = "\"v\"";
    head.status = request.first_byte > 0 && request.if_range == head.etag ? 206 : 200;
    const std::uint64_t first = head.status == 206 ? request.first_byte : 0;
    head.body_bytes = bytes.size() - first;
    if (head.status == 206) {
        head.range_first = first;
        head.range_total = bytes.size();
    }
    UPDATE_CHECK(sink.head(head), "answer");
    const std::size_t chunk = bytes.size() / 3 + 1;
    for (std::size_t at = first; at < bytes.size(); at += chunk) {
        UPDATE_CHECK(sink.tick(), "tick");
        (void)world_.point(p_, Op::other, "receive", request.url);
        if (world_.meets(FaultKind::network_cut))
            return Error{ErrorCode::retry_later, "the connection broke"};
        if (world_.meets(FaultKind::network_stall)) {
            world_.spend(p_, world_.settings.transfer.stall_timeout);
            return Error{ErrorCode::retry_later, "no byte came"};
        }
        UPDATE_CHECK(
            sink.body(std::as_bytes(std::span{bytes}).subspan(at, std::min(chunk, bytes.size() - at))),
            "body");
    }
    return head;
}

Result<Ran> SimProcesses::run(const Command& command) {
    (void)world_.point(p_, Op::other, "run", command.program.generic_string());
    const NodePtr image = world_.disk.find(command.program.generic_string());
    if (!image) return Error{ErrorCode::not_found, command.program.generic_string()};
    if (world_.meets(FaultKind::no_start)) return Error{ErrorCode::retry_later, "no process can be started"};
    const std::string version = version_of(image->bytes);
    const bool on_trial = version == world_.scenario.plan.version;
    ++image->running;
    struct Ended {
        Node& node;
        ~Ended() { --node.running; }
    } ended{*image};
    world_.spend(p_, 100ms);
    if (on_trial && world_.scenario.conduct == Conduct::fails_self_test)
        return Ran{{false, 1}, false, "broken\n"};
    return Ran{{false, 0}, false, version + "\n"};
}

Result<ProcessId> SimProcesses::break_away(const Command& command, std::chrono::milliseconds timeout) {
    (void)world_.point(p_, Op::other, "break away", command.program.generic_string());
    if (world_.meets(FaultKind::no_break_away))
        return Error{ErrorCode::permission, "the job does not let it go"};
    const bool guardian = !command.arguments.empty() && command.arguments.front() == "--update-guardian";
    UPDATE_TRY(child,
               world_.exec(command.program.generic_string(), guardian ? Program::guardian : Program::helper,
                           command.arguments.back()),
               "break away");
    const std::int64_t pid = child->pid;
    if (guardian) child->argument = std::to_string(p_.pid);
    for (const Instant limit = world_.now + timeout; world_.now < limit;) {
        const Process* const there = world_.find(pid);
        if (there == nullptr) return Error{ErrorCode::timed_out, "it ended before it answered"};
        if (there->shaken_hands) return ProcessId{pid, 1};
        world_.block(p_, limit);
    }
    if (Process* const there = world_.find(pid)) world_.end(*there, {true, 9});
    return Error{ErrorCode::timed_out, "it did not answer"};
}

Status SimProbes::look(const Probe&) {
    (void)world_.point(p_, Op::other, "probe");
    const Process* const agent = world_.running(world_.settings.programs.front().name);
    return agent != nullptr && agent->life.ready ? done() : Error{ErrorCode::retry_later, "nobody answers"};
}

Signal SimChannel::wait(Instant deadline) {
    (void)world_.point(p_, Op::other, "wait");
    return next_signal(world_, p_, deadline - (world_.clock().now() - world_.now));
}
Status SimChannel::ask_watchdog_to_update(const std::string& id) {
    const auto answer = ask_watchdog(world_, p_, Ask::Kind::perform_update, id, 5s);
    return answer ? done() : Status{answer.error()};
}
Status SimChannel::ping_watchdog() {
    const auto answer = ask_watchdog(world_, p_, Ask::Kind::ping, "", 2s);
    return answer ? done() : Status{answer.error()};
}

}  // namespace update::sim
