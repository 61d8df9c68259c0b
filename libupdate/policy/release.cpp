#include "policy/release.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <set>

#include "base/grammar.hpp"
#include "base/json_reader.hpp"
#include "base/utc_text.hpp"
#include "policy/version.hpp"

namespace update {
namespace {

constexpr int format_version = 1;
constexpr std::array<std::string_view, 3> restart_names{"agent", "nothing", "machine"};

Json json_of(const ReleaseArtifact& artifact) {
    return {{"role", name(artifact.role)},
            {"os", artifact.os},
            {"arch", artifact.arch},
            {"install_path", artifact.install_path},
            {"target", artifact.target},
            {"size_bytes", artifact.size_bytes},
            {"sha256", to_hex(artifact.sha256)},
            {"self_test", artifact.self_test}};
}
Json json_of(const Release& release) {
    Json artifacts = Json::array();
    for (const auto& artifact : release.artifacts) artifacts.push_back(json_of(artifact));
    return {{"version", release.version},
            {"epoch", release.epoch},
            {"minimum_from", release.minimum_from},
            {"restart", name(release.restart)},
            {"rollout", {{"percent", release.rollout.percent}, {"salt", release.rollout.salt}}},
            {"artifacts", artifacts}};
}
Json json_of(const Permit& permit) {
    return {{"id", permit.id},
            {"endpoint", permit.endpoint},
            {"version", permit.version},
            {"until", permit.until_unix_ms}};
}

void read_version(FieldReader& in, const char* field, std::string& into, Need need = Need::required) {
    in.text(field, into, need);
    if (into.empty() && need == Need::optional) return;
    const auto version = parse_semver(into);
    if (!version) return in.fail(field, "is no version like 1.2.3");
    into = to_string(*version);
}

Status read(const Json& json, const std::string& where, ReleaseArtifact& into) {
    FieldReader in{json, where};
    in.word("role", into.role, role_named);
    in.text("os", into.os, Need::optional);
    in.text("arch", into.arch, Need::optional);
    in.text("install_path", into.install_path);
    if (auto path = check_install_path(into.install_path); !path)
        in.fail("install_path", path.error().message());
    in.text("target", into.target);
    in.integer<std::uint64_t>("size_bytes", into.size_bytes, 1, max_artifact_bytes);
    std::string hex;
    in.text("sha256", hex);
    in.flag("self_test", into.self_test, Need::optional);
    const auto digest = sha256_from_hex(hex);
    if (!digest) in.fail("sha256", "is no digest");
    if (digest) into.sha256 = *digest;
    return in.status();
}

Status read(const Json& json, const std::string& where, Release& into) {
    FieldReader in{json, where};
    read_version(in, "version", into.version);
    in.integer<std::uint64_t>("epoch", into.epoch, 0, std::uint64_t{1} << 53U);
    read_version(in, "minimum_from", into.minimum_from, Need::optional);
    in.word("restart", into.restart, restart_kind_named, Need::optional);
    if (const Json* rollout = in.object("rollout", Need::optional)) {
        FieldReader part{*rollout, where + ".rollout"};
        part.integer<std::uint32_t>("percent", into.rollout.percent, 0, 100);
        part.text("salt", into.rollout.salt, Need::optional);
        UPDATE_CHECK(part.status(), "release");
    }
    const Json* artifacts = in.array("artifacts", max_artifacts);
    if (artifacts == nullptr) return in.status();
    if (artifacts->empty()) in.fail("artifacts", "must not be empty");
    for (const Json& artifact : *artifacts)
        UPDATE_CHECK(read(artifact, where + ".artifacts", into.artifacts.emplace_back()), "release");
    return in.status();
}

Status read(const Json& json, const std::string& where, Permit& into) {
    FieldReader in{json, where};
    in.text("id", into.id);
    if (!is_update_id(into.id)) in.fail("id", "is no id");
    in.text("endpoint", into.endpoint);
    read_version(in, "version", into.version);
    in.integer<std::int64_t>("until", into.until_unix_ms, 0, max_unix_ms);
    return in.status();
}

template <class Entry>
Status read_all(FieldReader& in, const char* field, std::size_t max, std::vector<Entry>& into) {
    const Json* array = in.array(field, max, Need::optional);
    if (array == nullptr) return in.status();
    for (const Json& json : *array)
        UPDATE_CHECK(read(json, fmt::format("{}[{}]", field, into.size()), into.emplace_back()), field);
    return done();
}

}  // namespace

std::string_view name(RestartKind kind) { return restart_names.at(static_cast<std::size_t>(kind)); }
std::optional<RestartKind> restart_kind_named(std::string_view word) {
    const auto found = std::ranges::find(restart_names, word);
    if (found == restart_names.end()) return std::nullopt;
    return static_cast<RestartKind>(found - restart_names.begin());
}

std::string release_list_target(std::string_view product, std::string_view channel) {
    return fmt::format("{}/{}/releases.json", product, channel);
}

std::string to_json(const ReleaseList& list) {
    Json releases = Json::array(), permits = Json::array();
    for (const auto& release : list.releases) releases.push_back(json_of(release));
    for (const auto& permit : list.permits) permits.push_back(json_of(permit));
    const Json json{{"format", format_version},
                    {"product", list.product},
                    {"channel", list.channel},
                    {"releases", releases},
                    {"permits", permits}};
    return json.dump(1) + "\n";
}

Result<ReleaseList> parse_release_list(const std::string& text) {
    UPDATE_TRY(json, parse_json_object(text, max_release_list_bytes), "release list");
    ReleaseList list;
    FieldReader in{json};
    int format = 0;
    in.integer<int>("format", format, format_version, format_version);
    in.text("product", list.product);
    in.text("channel", list.channel);
    if (!is_plain_name(list.product)) in.fail("product", "is no name");
    if (!is_plain_name(list.channel)) in.fail("channel", "is no name");
    UPDATE_CHECK(in.status(), "release list");
    UPDATE_CHECK(read_all(in, "releases", max_releases, list.releases), "release list");
    UPDATE_CHECK(read_all(in, "permits", max_permits, list.permits), "release list");
    std::set<std::string> versions;
    for (const auto& release : list.releases)
        if (!versions.insert(release.version).second)
            return Error{ErrorCode::corrupt, "release list: version " + release.version + " occurs twice"};
    return list;
}

}  // namespace update
