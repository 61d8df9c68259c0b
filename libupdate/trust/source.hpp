// Where files come from: a repository behind a URL.
#pragma once
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "ports/clock.hpp"
#include "ports/http.hpp"
#include "trust/metadata.hpp"

namespace update::trust {

struct Address {
    std::string metadata;       ///< URL of the folder with the metadata
    std::string targets;        ///< URL of the folder with the targets
    bool hash_prefixes = true;  ///< consistent snapshots: targets have their hash before their name (TUF 6.2)
};

/// @param version  absent: the name without one
std::string metadata_url(const Address&, std::string_view role, std::optional<Version> version);
/// @param hash  empty: no prefix
std::string target_url(const Address&, std::string_view path, std::string_view hash);

/// Any of its digests is in the name of some copy (6.2); the common one first. Empty: it has none that is
/// known.
std::string hash_prefix(const TargetFile&);

/// Asked at least every 200 ms while bytes are waited for; an error ends the transfer.
using Cancel = std::function<Status()>;

/// For metadata: less than 4 KiB a second on the average, after a minute, is `unreachable`.
/// @return the body; `not_found` (stale_mirror) for 403 and 404; `retry_later` (unreachable) for everything
/// else that is
///         no answer 200; `corrupt` (tampered) at the first byte beyond `max_bytes`; what `cancel` says
Result<std::string> fetch_text(Http&, const Clock&, const std::string& url, std::size_t max_bytes,
                               const Cancel& cancel);

/// A file, or the news that it is the one with this ETag still.
struct Conditional {
    bool unchanged = false;
    std::string text, etag;
};
/// As `fetch_text`, but for a file that may be held already. @param etag  empty: unconditional
Result<Conditional> fetch_if_changed(Http&, const Clock&, const std::string& url, const std::string& etag,
                                     std::size_t max_bytes, const Cancel& cancel);

/// The same for big files, as slow as they are: each piece goes to `take`, whose error ends the transfer.
Status fetch_stream(Http&, const std::string& url, std::uint64_t max_bytes, const Cancel& cancel,
                    const std::function<Status(std::span<const std::byte>)>& take);

}  // namespace update::trust
