// Brings one artifact onto the disk: from several mirrors, through cuts and restarts, verified while it
// streams.
#pragma once
#include <update/settings.hpp>

#include "layout/layout.hpp"
#include "ports/ports.hpp"
#include "transfer/progress.hpp"

namespace update {

/// What a transfer touches of the outside.
struct TransferPorts {
    Http& http;
    Files& files;
    Hashing& hashing;
    Clock& clock;
    Channel& channel;
    Random& random;

    TransferPorts(Http& h, Files& f, Hashing& s, Clock& c, Channel& l, Random& r)
        : http{h}, files{f}, hashing{s}, clock{c}, channel{l}, random{r} {}
    explicit TransferPorts(const Ports& p)
        : TransferPorts{p.http, p.files, p.hashing, p.clock, p.channel, p.random} {}
};

/// Everything referred to outlives the call.
struct FetchOrder {
    const Artifact& artifact;
    std::size_t n = 0;  ///< the artifact's place in its plan; names its files
    const std::string& update_id;
    const Layout& layout;
    const TransferSettings& settings;
    ProgressListener* listener = nullptr;  ///< called from the fetching thread; may be null
    /// Raised by every byte received, before the listener hears of it, however the call ends; may be null.
    std::uint64_t* received_bytes = nullptr;
};

struct Fetched {
    Sha256 sha256{};                  ///< of the file on disk; equals the artifact's
    std::uint64_t network_bytes = 0;  ///< received by this call, what had to be thrown away included
    unsigned attempts = 0;            ///< connections (or local copies); 0 when the file was already complete
};

/// Afterwards `layout.partial(update_id, n)` holds exactly the artifact's bytes, durable, file and name.
///
/// What an earlier call left is used: bytes of a known origin are hashed once and only the rest is asked for
/// (Range with If-Range). They are used across mirrors too, for the digest decides in the end. A partial file
/// that is not ours, not a regular file or has a second name is removed, never written to. Idempotent: a
/// complete file costs one reading.
///
/// Mirrors are tried in their order; one that may be asked at once comes before one that must wait. A mirror
/// waits after passing trouble: full jitter below a bound that doubles from `backoff_first` to `backoff_max`,
/// and at least the server's Retry-After; one that ends behind `total_timeout` ends the call at once. It is
/// given up for 401, 403, 404, 407, 410 and other refusals, for an untrusted certificate, and when it has
/// delivered wrong content twice. `attempts` bounds the connections over all mirrors in a row that bring the
/// file no further; one that does (by 16 KiB or more) is the first of a new row, and its mirror's waits begin
/// anew. `total_timeout` bounds the call's time, waits included.
///
/// Memory is constant: one block of 256 KiB beside what the ports need. Waits only through the channel.
/// @return `cancelled` when the channel says so for this update, within one tick of the Http port;
/// `timed_out` for
///         total_timeout; `no_space` (evidence: bytes still to be written, and free bytes where the disk port
///         knows); other disk errors as they are. When no mirror is left or the attempts are used up, the
///         error of the last one: `retry_later` network or server trouble, `not_found`, `corrupt` wrong
///         length or digest, `permission` untrusted or not let in, `refused`. The message names mirror, host,
///         attempt and cause, but no URL.
Result<Fetched> fetch(const FetchOrder&, TransferPorts);

}  // namespace update
