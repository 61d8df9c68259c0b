#include "os/probes.hpp"

#include <fmt/format.h>

#include "os/tcp_probe.hpp"

namespace update {
namespace {

constexpr std::chrono::milliseconds look_max{2000};  // the port's limit for one look

/// Keeps the status and ends the transfer there: the body says nothing about readiness.
class StatusOnly final : public HttpSink {
 public:
    Status head(const HttpHead& head) override {
        status_ = head.status;
        return Error{ErrorCode::cancelled, "the status is enough"};
    }
    Status body(std::span<const std::byte>) override {
        return Error{ErrorCode::cancelled, "the status is enough"};
    }
    Status tick() override {
        if (deadline_.passed()) return Error{ErrorCode::retry_later, "no answer in time"};
        return done();
    }
    int status() const { return status_; }

 private:
    Deadline deadline_{look_max};
    int status_ = 0;
};

Error ended_badly(const std::string& what, const ExitStatus& exit) {
    Evidence evidence;
    (exit.signalled ? evidence.signal : evidence.exit_code) = exit.value;
    return Error{ErrorCode::retry_later, fmt::format("{}: ended with {} {}", what,
                                                     exit.signalled ? "signal" : "exit code", exit.value)}
        .with(evidence);
}

class SystemProbes final : public Probes {
 public:
    SystemProbes(Http& http, Processes& processes) : http_{http}, processes_{processes} {}

    Status look(const Probe& probe) override {
        switch (probe.kind) {
            case Readiness::tcp:
                return look_at_tcp(probe.target, Deadline{look_max}, processes_);
            case Readiness::http:
                return look_at_http(probe.target);
            case Readiness::command:
                return look_with_command(probe.command);
            case Readiness::reported:
            case Readiness::process_age:
                break;
        }
        return Error{ErrorCode::bug, "this readiness needs no look"};
    }

 private:
    Status look_at_http(const std::string& url) {
        StatusOnly sink;
        HttpRequest request;
        request.url = url;
        request.body_max_bytes = 1 << 20;  // none of it is wanted; the sink ends the transfer before
        auto got = http_.get(request, sink);
        const int status = got ? got->status : sink.status();
        if (status >= 200 && status < 300) return done();
        if (status != 0) return Error{ErrorCode::retry_later, fmt::format("http {}: status {}", url, status)};
        return std::move(got).error().in("http " + url);
    }

    Status look_with_command(const std::vector<std::string>& command) {
        if (command.empty()) return Error{ErrorCode::refused, "command probe without a command"};
        const auto what = "command '" + command.front() + "'";
        UPDATE_TRY(ran, processes_.run({command.front(), {command.begin() + 1, command.end()}, look_max}),
                   what);
        if (ran.timed_out) return Error{ErrorCode::retry_later, what + ": did not end in time"};
        if (ran.exit != ExitStatus{}) return ended_badly(what, ran.exit);
        return done();
    }

    Http& http_;
    Processes& processes_;
};

}  // namespace

std::unique_ptr<Probes> make_probes(Http& http, Processes& processes) {
    return std::make_unique<SystemProbes>(http, processes);
}

}  // namespace update
