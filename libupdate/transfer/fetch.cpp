#include "transfer/fetch.hpp"

#include <fmt/format.h>

#include "transfer/attempt.hpp"
#include "transfer/mirrors.hpp"
#include "transfer/source_url.hpp"

namespace update {
namespace {

/// What a connection must add to count as progress: one TLS record. Less, and a server that cuts after each
/// byte would be asked for as long as total_timeout allows.
constexpr std::uint64_t progress_bytes = 16 * 1024;

/// A file whose origin is unknown is worth nothing, unless it is complete: then its digest tells.
Status use_what_is_there(FetchState& state) {
    state.origin = read_origin(state.ports.files, state.origin_path());
    if (!state.file.complete() && !state.origin) return state.file.start_over();
    return state.file.rebuild_digest(state.watch);
}

Result<PartialFile> open_partial(const FetchOrder& order, TransferPorts ports) {
    UPDATE_CHECK(ports.files.make_private_directory(order.layout.updates()), "folder for updates");
    UPDATE_CHECK(ports.files.make_private_directory(order.layout.update(order.update_id)),
                 "folder of the update");
    return PartialFile::open(ports.files, ports.hashing,
                             {order.layout.partial(order.update_id, order.n), order.artifact.size_bytes});
}

/// The file is complete. When the digest is wrong, the file is deleted and an empty one takes its place.
AttemptEnd verify(FetchState& state) {
    const auto give_up = [](Error error) { return AttemptEnd{Next::give_up, std::move(error), {}}; };
    auto digest = state.file.finish();
    if (!digest) return give_up(std::move(digest).error());
    const auto& promised = state.order.artifact.sha256;
    if (*digest == promised) return {};
    if (auto status = state.ports.files.remove(state.partial_path()); !status)
        return give_up(std::move(status).error());
    auto empty = open_partial(state.order, state.ports);
    if (!empty) return give_up(std::move(empty).error());
    state.file = *std::move(empty);
    const bool mixed = !state.origin || state.origin->mixed;
    return {mixed ? Next::at_once : Next::wrong_content,
            Error{ErrorCode::corrupt, fmt::format("the SHA-256 digest is {}, promised was {}",
                                                  to_hex(*digest), to_hex(promised))},
            {}};
}

class Fetch {
 public:
    Fetch(FetchState& state) : state_{state}, mirrors_{urls().size()}, reached_{state.file.size()} {}

    Result<Fetched> run() {
        if (state_.file.complete()) {
            auto end = verify(state_);
            if (end.next == Next::complete) return fetched();
            if (end.next == Next::give_up) return *std::move(end.cause);
        }
        std::optional<Error> last;
        while (const auto choice = mirrors_.choose(now())) {
            if (in_a_row_ == state_.order.settings.attempts) break;
            if (auto status = state_.watch.wait(choice->not_before); !status)
                return explained(std::move(status).error(), last);
            auto end = one(choice->index);
            if (end.next == Next::complete) return fetched();
            last = std::move(*end.cause).in(where(choice->index));
            if (end.next == Next::give_up) return *std::move(last);
            note(choice->index, end);
        }
        if (!last) return Error{ErrorCode::refused, "no mirror is given, or no attempt is allowed"};
        return *std::move(last);
    }

 private:
    const std::vector<std::string>& urls() const { return state_.order.artifact.urls; }
    Instant now() const { return state_.ports.clock.now(); }
    Fetched fetched() const { return {state_.order.artifact.sha256, state_.network_bytes, attempts_}; }

    AttemptEnd one(std::size_t index) {
        ++attempts_;
        ++in_a_row_;
        auto end = attempt(state_, urls()[index]);
        if (end.next == Next::complete) return verify(state_);
        if (came_further()) {
            in_a_row_ = 1;
            mirrors_.forgive(index);
        }
        return end;
    }
    /// Than ever in this call: bytes that were thrown away and came again are no progress.
    bool came_further() {
        if (state_.file.size() < reached_ + progress_bytes) return false;
        reached_ = state_.file.size();
        return true;
    }

    void note(std::size_t index, const AttemptEnd& end) {
        if (end.next == Next::at_once) return;
        if (end.next == Next::skip) return mirrors_.drop(index);
        const auto failures = mirrors_.count_failure(index);
        mirrors_.wait(index,
                      now() + backoff(state_.order.settings, failures, end.retry_after, state_.ports.random));
        if (end.next == Next::wrong_content) mirrors_.count_wrong_content(index);
    }

    std::string where(std::size_t index) const {
        return fmt::format("mirror {} of {} ({}), attempt {} of {}", index + 1, urls().size(),
                           place_of(urls()[index]), in_a_row_, state_.order.settings.attempts);
    }
    /// Why it was waiting at all is worth more than that it was.
    static Error explained(Error error, const std::optional<Error>& last) {
        if (!last) return error;
        return {error.code(), fmt::format("{}; before that {}", error.message(), last->message())};
    }

    FetchState& state_;
    Mirrors mirrors_;
    std::uint64_t reached_;
    unsigned attempts_ = 0;
    unsigned in_a_row_ = 0;  ///< since the last progress, the connection that made it included
};

}  // namespace

Result<Fetched> fetch(const FetchOrder& order, TransferPorts ports) {
    const auto context = fmt::format("download artifact {}", order.n);
    UPDATE_TRY(file, open_partial(order, ports), context);
    FetchState state{
        order,
        ports,
        Watch{ports.channel, ports.clock, order.update_id, ports.clock.now() + order.settings.total_timeout},
        ProgressReport{order.listener, ports.clock},
        std::move(file),
        {},
        0};
    UPDATE_CHECK(use_what_is_there(state), context);
    state.report.now(state.progress());
    auto fetched = Fetch{state}.run();
    state.report.now(state.progress());
    if (!fetched) return std::move(fetched).error().in(context);
    return fetched;
}

}  // namespace update
