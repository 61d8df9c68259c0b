// The figures of signed metadata; bench/trust runs it.
//   trust_figures rate                            verifications per second
//   trust_figures publish FOLDER KIND N           N "targets" in one role, or N hash "bins"
//   trust_figures change FOLDER ROLE              one more target in ROLE, published
//   trust_figures refresh URL STORE ROOT TARGET   a client that has nothing yet
//   trust_figures poll URL STORE                  refresh_if_changed
// Each prints what it took in milliseconds.
#include <chrono>
#include <cstdio>
#include <cstring>
#include <fmt/format.h>
#include <fstream>
#include <iterator>

#include "crypto/openssl_cryptography.hpp"
#include "crypto/openssl_keysmith.hpp"
#include "net/http_curl.hpp"
#include "os/clock.hpp"
#include "os/files.hpp"
#include "os/locks.hpp"
#include "os/processes.hpp"
#include "os/public_folders.hpp"
#include "repository/edition.hpp"
#include "repository/publisher.hpp"
#include "trust/client.hpp"

namespace {

using namespace update;
using namespace update::repository;
using Steady = std::chrono::steady_clock;

double ms_since(Steady::time_point begin) {
    return std::chrono::duration<double, std::milli>(Steady::now() - begin).count();
}

int fail(const Error& error) {
    std::fprintf(stderr, "trust_figures: %s\n", error.message().c_str());
    return 1;
}

int rate() {
    OpensslKeysmith smith;
    OpensslCryptography crypto;
    const std::string message(4096, 'x');
    for (const auto scheme : {KeyScheme::ed25519, KeyScheme::ecdsa_sha2_p256, KeyScheme::rsa_pss_sha256}) {
        auto key = *smith.generate(scheme);
        const auto signature = *key->sign(message);
        unsigned count = 0;
        const auto begin = Steady::now();
        while (ms_since(begin) < 1000) {
            // As the client does it: the key is read for every file.
            const auto verifying = *crypto.verifying_key(scheme, key->public_key().text);
            if (!verifying->verifies(message, signature)) return 1;
            ++count;
        }
        std::printf("%s %.0f\n",
                    scheme == KeyScheme::ed25519           ? "ed25519"
                    : scheme == KeyScheme::ecdsa_sha2_p256 ? "ecdsa-p256"
                                                           : "rsa-3072",
                    count / ms_since(begin) * 1000);
    }
    return 0;
}

struct Bench {
    std::unique_ptr<Files> files = make_files();
    std::unique_ptr<PublicFolders> folders = make_public_folders();
    std::unique_ptr<Locks> locks = make_locks();
    std::unique_ptr<Clock> clock = make_clock();
    std::unique_ptr<Processes> processes = make_processes();
    OpensslCryptography crypto;
    OpensslKeysmith smith;
    Path folder;
    Tree tree{*files, *folders, {}};
    std::unique_ptr<Keyring> keyring;
    PublisherSettings settings;

    explicit Bench(Path at) : folder{std::move(at)}, tree{*files, *folders, folder / "public"} {
        keyring = std::make_unique<Keyring>(*files, *processes, crypto, smith, folder,
                                            [] { return Result<std::string>{"words"}; });
    }
    Status init() {
        UPDATE_TRY(publisher,
                   Publisher::open({*files, *folders, *locks, *clock, crypto, smith, *processes}, folder,
                                   [] { return Result<std::string>{"words"}; }),
                   "open");
        return publisher->init({});
    }
    Result<Edition> edition() {
        std::ifstream in{folder / "settings.json"};
        UPDATE_TRY(read, parse_publisher_settings(std::string{std::istreambuf_iterator<char>{in}, {}}),
                   "settings");
        settings = read;
        UPDATE_TRY(root, tree.read("root", 1), "root");
        return Edition::open({tree, *keyring, crypto, settings, clock->wall()}, *root.find("signed"), Json{});
    }
};

Json entry(std::int64_t number) {
    Json hashes, json;
    hashes.set("sha256", Json{fmt::format("{:064x}", number)});
    json.set("hashes", std::move(hashes));
    json.set("length", Json{number + 1});
    return json;
}

Status add_bins(Edition& edition, Bench& bench, unsigned bins) {
    unsigned bits = 0;
    while ((1U << bits) < bins) ++bits;
    UPDATE_TRY(made, bench.keyring->make(KeyScheme::ed25519), "key");
    bench.settings.keys[made.id] = made.place;
    std::ofstream{bench.folder / "settings.json"} << to_json(bench.settings);
    Json keys, succinct, delegations;
    keys.set(made.id, made.entry);
    succinct.set("keyids", Json{Json::Array{Json{made.id}}});
    succinct.set("threshold", Json{std::int64_t{1}});
    succinct.set("bit_length", Json{std::int64_t{bits}});
    succinct.set("name_prefix", Json{"bin"});
    delegations.set("keys", std::move(keys));
    delegations.set("succinct_roles", std::move(succinct));
    UPDATE_TRY(targets, edition.edit("targets"), "targets");
    targets->set("delegations", std::move(delegations));
    for (unsigned i = 0; i < bins; ++i)
        UPDATE_CHECK(edition.touch(fmt::format("bin-{:0{}x}", i, (bits + 3) / 4)), "bin");
    return done();
}

int publish(const Path& folder, bool bins, unsigned count) {
    Bench bench{folder};
    if (auto made = bench.init(); !made) return fail(made.error());
    auto edition = bench.edition();
    if (!edition) return fail(edition.error());
    const auto begin = Steady::now();
    if (bins) {
        if (auto added = add_bins(*edition, bench, count); !added) return fail(added.error());
    } else {
        auto targets = *edition->edit("targets");
        for (unsigned i = 0; i < count; ++i)
            targets->find("targets")->set(fmt::format("product/file-{:06}", i), entry(i));
    }
    if (auto committed = edition->commit(); !committed) return fail(committed.error());
    std::printf("%.0f\n", ms_since(begin));
    return 0;
}

int change(const Path& folder, const std::string& role) {
    Bench bench{folder};
    const auto begin = Steady::now();
    auto edition = bench.edition();
    if (!edition) return fail(edition.error());
    auto document = edition->edit(role);
    if (!document) return fail(document.error());
    (*document)->find("targets")->set("product/another", entry(7));
    if (auto committed = edition->commit(); !committed) return fail(committed.error());
    std::printf("%.0f\n", ms_since(begin));
    return 0;
}

int read_tree(const std::string& url, const Path& store, const char* root, const char* target) {
    const auto files = make_files();
    const auto clock = make_clock();
    OpensslCryptography crypto;
    TransferSettings settings;
    settings.allow_http = true;
    if (const char* authority = std::getenv("TRUST_FIGURES_CA")) settings.ca_file = authority;
    CurlHttp http{settings};
    trust::Client client{{http, *files, *clock, crypto}, store, {url + "/metadata", url + "/targets"}, {}};
    if (root != nullptr) {
        std::ifstream in{root, std::ios::binary};
        if (auto begun = client.establish(std::string{std::istreambuf_iterator<char>{in}, {}}); !begun)
            return fail(begun.error());
    }
    const auto begin = Steady::now();
    const auto status = root != nullptr ? client.refresh() : client.refresh_if_changed();
    if (!status) return fail(status.error());
    if (target != nullptr)
        if (const auto found = client.find(target); !found && found.error().code() != ErrorCode::not_found)
            return fail(found.error());
    std::printf("%.1f\n", ms_since(begin));
    return 0;
}

}  // namespace

int main(int argc, char** argv) {
    const std::vector<std::string> words{argv + 1, argv + argc};
    if (words.size() == 1 && words[0] == "rate") return rate();
    if (words.size() == 4 && words[0] == "publish")
        return publish(words[1], words[2] == "bins", static_cast<unsigned>(std::stoul(words[3])));
    if (words.size() == 3 && words[0] == "change") return change(words[1], words[2]);
    if (words.size() == 5 && words[0] == "refresh") return read_tree(words[1], words[2], argv[4], argv[5]);
    if (words.size() == 3 && words[0] == "poll") return read_tree(words[1], words[2], nullptr, nullptr);
    std::fputs("see the head of trust_figures.cpp\n", stderr);
    return 2;
}
