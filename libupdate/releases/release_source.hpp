// The signed releases of a channel, as the repositories have them now.
#pragma once
#include <string>

#include "layout/layout.hpp"
#include "ports/ports.hpp"
#include "releases/signed_releases.hpp"
#include "transfer/file_http.hpp"
#include "trust/client.hpp"

namespace update {

struct ReleasePorts {
    Files& files;
    Clock& clock;
    Http& http;
    Channel& channel;
    Random& random;
    Hashing& hashing;
    Cryptography& crypto;
};
/// @param waits_on  what waiting listens to
inline ReleasePorts release_ports(const Ports& p, Channel& waits_on) {
    return {p.files, p.clock, p.http, waits_on, p.random, p.hashing, p.cryptography};
}

/// A list, and the files that vouch for it.
struct FetchedReleases {
    SignedReleases releases;
    Vouchers vouchers;
};

class ReleaseSource {
 public:
    ReleaseSource(const Settings&, const Layout&, ReleasePorts);

    /// Refreshes what is trusted (TUF 5.1 to 5.6) and reads the list by it. The repositories are asked in
    /// their order; one in trouble is passed over, and asked again after a pause while trouble may pass.
    /// Needs the journal's lock: one process at a time writes to the store.
    /// @param version  the one that is wanted; empty: any
    /// @param update_id  whose cancellation ends it with `cancelled`, as the end of the process does
    /// @return a classed error (trust/trouble.hpp), the gravest of the last round; errors of the own disk
    Result<FetchedReleases> fetch(const std::string& channel, const std::string& version,
                                  const std::string& update_id);

    /// The same without network and without changing anything: what was fetched last, by the time that it is
    /// now.
    Result<FetchedReleases> stored(const std::string& channel, Expiry) const;

    /// It is not earlier: this machine's clock, and what was signed.
    WallTime now() const;

 private:
    Result<FetchedReleases> ask(const Repository&, const std::string& channel, const std::string& version,
                                const trust::Cancel&);
    Status fetch_list(trust::Client&, const Repository&, const std::string& channel, const trust::Cancel&);
    Status fetch_roles(trust::Client&, const std::string& channel, std::string_view version);
    Status forget_unused(trust::Client&, const std::string& channel);
    Path list_file(const std::string& channel) const;

    const Settings& settings_;
    const Layout& layout_;
    ReleasePorts ports_;
    FileHttp http_;  ///< a repository may be a folder of this machine
};

}  // namespace update
