#include "compose/adapters.hpp"

#include <fmt/format.h>

#include "crypto/openssl_cryptography.hpp"
#include "crypto/openssl_hashing.hpp"
#include "crypto/pipelined_hashing.hpp"
#include "durable/durable.hpp"
#include "net/http_curl.hpp"
#include "os/clock.hpp"
#include "os/files.hpp"
#include "os/locks.hpp"
#include "os/machine.hpp"
#include "os/probes.hpp"
#include "os/processes.hpp"
#include "os/random.hpp"
#include "os/service_manager.hpp"
#include "releases/signed_verifier.hpp"

namespace update {
namespace {

/// Probes look at the agent itself, usually over plain http on this machine, and must not hang.
TransferSettings probe_transfer(const Settings& of_endpoint) {
    TransferSettings settings;
    settings.ca_file = of_endpoint.transfer.ca_file;
    settings.allow_http = true;
    settings.connect_timeout = settings.stall_timeout = settings.total_timeout = milliseconds{2'000};
    return settings;
}

/// The folder itself need not exist yet; what exists of it is resolved.
Result<Path> without_links(const Path& folder) {
    if (!folder.is_absolute())
        return Error{ErrorCode::refused, fmt::format("{} is not an absolute path", folder.string())};
    std::error_code error;
    Path resolved = std::filesystem::weakly_canonical(folder, error);
    if (error) return Error{ErrorCode::permission, fmt::format("resolve {}", folder.string()), error};
    return resolved;
}

}  // namespace

Adapters::Adapters(Settings settings)
    : settings_{std::move(settings)},
      layout_{settings_},
      machine_{this_machine()},
      clock_{make_clock()},
      files_{make_files()},
      volumes_{make_volumes()},
      locks_{make_locks()},
      random_{make_random()},
      processes_{make_processes()},
      plain_hashing_{std::make_unique<OpensslHashing>()},
      hashing_{std::make_unique<PipelinedHashing>(*plain_hashing_)},
      http_{std::make_unique<CurlHttp>(settings_.transfer)},
      probe_http_{std::make_unique<CurlHttp>(probe_transfer(settings_), Proxies::never)},
      probes_{make_probes(*probe_http_, *processes_)},
      cryptography_{std::make_unique<OpensslCryptography>()},
      verifier_{
          std::make_unique<SignedVerifier>(settings_, layout_, machine_, *files_, *clock_, *cryptography_)} {}

Result<std::unique_ptr<Adapters>> Adapters::make(Settings settings) {
    UPDATE_TRY(root, without_links(settings.install_root), "install_root");
    UPDATE_TRY(state, without_links(settings.state_dir), "state_dir");
    settings.install_root = root;
    settings.state_dir = state;
    if (settings.programs.empty()) return Error{ErrorCode::refused, "no program is configured"};
    std::unique_ptr<Adapters> adapters{new Adapters{std::move(settings)}};
    const Manager manager = adapters->settings_.service.manager;
    if (manager != Manager::none && manager != service_manager::native())
        return Error{ErrorCode::refused,
                     "service.manager names another system's service manager; set it to the "
                     "one that is here, or to \"none\""};
    if (manager != Manager::none) {
        UPDATE_TRY(
            processes,
            service_manager::make_processes(std::move(adapters->processes_), adapters->settings_.product),
            "processes");
        adapters->processes_ = std::move(processes);
    }
    return adapters;
}

Ports Adapters::ports(Services& services, Channel& channel, Renewal& renewal) {
    return ports(services, channel, renewal, *hashing_);
}

Ports Adapters::ports(Services& services, Channel& channel, Renewal& renewal, Hashing& hashing) {
    return {*clock_,  *files_, *volumes_, *locks_,  hashing, *http_,         *processes_,
            services, channel, *probes_,  *random_, renewal, *cryptography_, *verifier_};
}

std::map<std::string, std::string> installed_digests(Adapters& adapters) {
    std::map<std::string, std::string> digests;
    for (const ProgramSettings& program : adapters.settings().programs) {
        const auto file =
            adapters.files().open(adapters.settings().install_root / program.path, OpenMode::read);
        if (!file) continue;
        if (const auto digest = hash(**file, adapters.hashing())) digests[program.path] = to_hex(*digest);
    }
    return digests;
}

}  // namespace update
