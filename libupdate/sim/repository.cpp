#include "sim/repository.hpp"

#include <fmt/format.h>

#include "base/hex.hpp"
#include "policy/release.hpp"
#include "sim/cryptography.hpp"
#include "sim/hashing.hpp"
#include "sim/scenario.hpp"
#include "trust/json.hpp"

namespace update::sim {
namespace {

constexpr std::string_view key = "5d1a", key_id = "k", expires = "2999-01-01T00:00:00Z";

Sha256 digest_of(const std::string& bytes) {
    FastHash hash;
    hash.update(std::as_bytes(std::span{bytes}));
    return hash.finish();
}

std::string document(std::string_view type, int version, const std::string& rest) {
    return fmt::format(R"({{"_type":"{}","spec_version":"1.0.34","version":{},"expires":"{}",{}}})", type,
                       version, expires, rest);
}

std::string root_document() {
    std::string roles;
    for (const std::string_view role : {"root", "timestamp", "snapshot", "targets"})
        roles += fmt::format(R"({}"{}":{{"keyids":["{}"],"threshold":1}})", roles.empty() ? "" : ",", role,
                             key_id);
    return document(
        "root", 1,
        fmt::format(
            R"("consistent_snapshot":true,"keys":{{"{}":{{"keytype":"ed25519","scheme":"ed25519","keyval":{{"public":"{}"}}}}}},"roles":{{{}}})",
            key_id, key, roles));
}

ReleaseArtifact artifact_of(const Plan& plan, const Artifact& from) {
    return {from.role,
            "",
            "",
            from.install_path,
            fmt::format("{}/stable/{}/{}", plan.product, plan.version, from.install_path),
            from.size_bytes,
            from.sha256,
            from.self_test};
}

}  // namespace

void Repository::sign(const std::string& file, const std::string& text) {
    const auto json = trust::parse_json(text, text.size());
    const std::string signature = to_hex(std::string_view{signature_of(key, trust::canonical(*json))});
    files_["metadata/" + file] =
        fmt::format(R"({{"signatures":[{{"keyid":"{}","sig":"{}"}}],"signed":{}}})", key_id, signature, text);
}

void Repository::add_target(const std::string& name, const std::string& bytes) {
    const std::string hex = update::to_hex(digest_of(bytes));
    targets_ += fmt::format(R"({}"{}":{{"length":{},"hashes":{{"sha256":"{}"}}}})",
                            targets_.empty() ? "" : ",", name, bytes.size(), hex);
    const auto leaf = name.rfind('/') + 1;
    files_["targets/" + name.substr(0, leaf) + hex + "." + name.substr(leaf)] = bytes;
}

/// The targets that there are now.
void Repository::publish(int version) {
    sign(fmt::format("{}.targets.json", version),
         document("targets", version, fmt::format(R"("targets":{{{}}})", targets_)));
    sign(
        fmt::format("{}.snapshot.json", version),
        document("snapshot", version, fmt::format(R"("meta":{{"targets.json":{{"version":{}}}}})", version)));
    sign("timestamp.json", document("timestamp", version,
                                    fmt::format(R"("meta":{{"snapshot.json":{{"version":{}}}}})", version)));
}

Repository::Repository(const std::vector<Plan>& plans, const std::string& channel) {
    ReleaseList list{plans.front().product, channel, {}, {}};
    sign("1.root.json", root_document());
    root_ = files_.at("metadata/1.root.json");
    add_target(release_list_target(list.product, list.channel), to_json(list));
    publish(1);
    old_timestamp_ = files_.at(std::string{timestamp});
    targets_.clear();
    for (const Plan& plan : plans) {
        Release release;
        release.version = plan.version;
        for (const Artifact& artifact : plan.artifacts) {
            release.artifacts.push_back(artifact_of(plan, artifact));
            add_target(release.artifacts.back().target, image_of(artifact.install_path, plan.version));
        }
        list.releases.push_back(std::move(release));
    }
    add_target(release_list_target(list.product, list.channel), to_json(list));
    publish(2);
}

const std::string* Repository::find(const std::string& path) const {
    const auto found = files_.find(path);
    return found != files_.end() ? &found->second : nullptr;
}

}  // namespace update::sim
