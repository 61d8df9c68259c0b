// The JSON form of a plan. What a plan may contain is in plan_rules.cpp.
#include <algorithm>

#include <update/plan.hpp>

#include "base/json_reader.hpp"

namespace update {
namespace {

constexpr std::array<std::string_view, 4> role_names{"agent", "companion", "watchdog", "file"};
constexpr std::array<std::string_view, 3> vouched_by_names{"operator", "publisher", "endpoint"};
// Whole numbers up to here are the same in every JSON reader.
constexpr std::uint64_t max_epoch = std::uint64_t{1} << 53U;

int hex_value(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
}

Json json_of(const Artifact& artifact) {
    Json json{{"role", name(artifact.role)},
              {"install_path", artifact.install_path},
              {"size_bytes", artifact.size_bytes},
              {"sha256", to_hex(artifact.sha256)},
              {"urls", artifact.urls},
              {"self_test", artifact.self_test}};
    if (!artifact.target.empty()) json["target"] = artifact.target;
    return json;
}

void read_urls(FieldReader& reader, std::vector<std::string>& into) {
    const Json* urls = reader.array("urls", max_mirrors);
    if (urls == nullptr) return;
    for (const Json& url : *urls) {
        if (!url.is_string()) return reader.fail("urls", "must contain strings only");
        into.push_back(url.get<std::string>());
    }
}

Status read_artifact(const Json& json, std::string where, Artifact& artifact) {
    FieldReader reader{json, std::move(where)};
    reader.word("role", artifact.role, role_named);
    reader.text("install_path", artifact.install_path);
    reader.integer<std::uint64_t>("size_bytes", artifact.size_bytes, 1, max_artifact_bytes);
    std::string hex;
    reader.text("sha256", hex);
    read_urls(reader, artifact.urls);
    reader.flag("self_test", artifact.self_test, Need::optional);
    reader.text("target", artifact.target, Need::optional);
    if (auto read = reader.status(); !read) return read;
    const auto digest = sha256_from_hex(hex);
    if (!digest)
        reader.fail("sha256", digest.error().message());
    else
        artifact.sha256 = *digest;
    return reader.status();
}

Status read_artifacts(const Json& array, std::vector<Artifact>& into) {
    for (const Json& json : array) {
        Artifact artifact;
        const std::string where = "artifacts[" + std::to_string(into.size()) + "]";
        if (auto read = read_artifact(json, where, artifact); !read) return read;
        into.push_back(std::move(artifact));
    }
    return done();
}

}  // namespace

std::string_view name(Role role) { return role_names.at(static_cast<std::size_t>(role)); }

std::optional<Role> role_named(std::string_view word) {
    const auto found = std::ranges::find(role_names, word);
    if (found == role_names.end()) return std::nullopt;
    return static_cast<Role>(found - role_names.begin());
}

std::string_view name(VouchedBy by) { return vouched_by_names.at(static_cast<std::size_t>(by)); }

std::optional<VouchedBy> vouched_by_named(std::string_view word) {
    const auto found = std::ranges::find(vouched_by_names, word);
    if (found == vouched_by_names.end()) return std::nullopt;
    return static_cast<VouchedBy>(found - vouched_by_names.begin());
}

std::string to_hex(const Sha256& digest) {
    constexpr std::string_view digits = "0123456789abcdef";
    std::string hex;
    hex.reserve(digest.size() * 2);
    for (const std::uint8_t byte : digest) {
        hex += digits[byte >> 4U];
        hex += digits[byte & 0x0fU];
    }
    return hex;
}

Result<Sha256> sha256_from_hex(const std::string& hex) {
    Sha256 digest{};
    if (hex.size() != digest.size() * 2 ||
        !std::ranges::all_of(hex, [](char c) { return hex_value(c) >= 0; }))
        return Error{ErrorCode::corrupt, "a SHA-256 is written as 64 hexadecimal digits"};
    for (std::size_t i = 0; i < digest.size(); ++i)
        digest[i] = static_cast<std::uint8_t>(hex_value(hex[2 * i]) * 16 + hex_value(hex[2 * i + 1]));
    return digest;
}

std::string to_json(const Plan& plan) {
    Json artifacts = Json::array();
    for (const Artifact& artifact : plan.artifacts) artifacts.push_back(json_of(artifact));
    Json json{{"update_id", plan.update_id},       {"product", plan.product},
              {"from_version", plan.from_version}, {"version", plan.version},
              {"artifacts", std::move(artifacts)}, {"vouched_by", name(plan.vouched_by)}};
    if (!plan.channel.empty()) json["channel"] = plan.channel;
    if (plan.epoch > 0) json["epoch"] = plan.epoch;
    if (!plan.permit.empty()) json["permit"] = plan.permit;
    return json_text(json);
}

Result<Plan> parse_plan(const std::string& text) {
    UPDATE_TRY(json, parse_json_object(text, max_plan_json_bytes), "plan");
    Plan plan;
    FieldReader reader{json};
    reader.text("update_id", plan.update_id);
    reader.text("product", plan.product);
    reader.text("from_version", plan.from_version);
    reader.text("version", plan.version);
    const Json* artifacts = reader.array("artifacts", max_artifacts);
    reader.word("vouched_by", plan.vouched_by, vouched_by_named, Need::optional);
    reader.text("channel", plan.channel, Need::optional);
    reader.integer<std::uint64_t>("epoch", plan.epoch, 0, max_epoch, Need::optional);
    reader.text("permit", plan.permit, Need::optional);
    UPDATE_CHECK(reader.status(), "plan");
    UPDATE_CHECK(read_artifacts(*artifacts, plan.artifacts), "plan");
    UPDATE_CHECK(validate(plan), "plan");
    return plan;
}

}  // namespace update
