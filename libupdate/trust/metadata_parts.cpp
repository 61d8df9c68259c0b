#include "trust/metadata_parts.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <set>

#include "base/grammar.hpp"
#include "base/hex.hpp"

namespace update::trust {
namespace {

struct SchemeRow {
    std::string_view keytype, scheme;
    KeyScheme means;
};
/// "ecdsa-sha2-nistp256" as a key type is what older tools wrote (4.2.2, note).
constexpr std::array schemes{
    SchemeRow{"ed25519", "ed25519", KeyScheme::ed25519},
    SchemeRow{"ecdsa", "ecdsa-sha2-nistp256", KeyScheme::ecdsa_sha2_p256},
    SchemeRow{"ecdsa-sha2-nistp256", "ecdsa-sha2-nistp256", KeyScheme::ecdsa_sha2_p256},
    SchemeRow{"rsa", "rsassa-pss-sha256", KeyScheme::rsa_pss_sha256},
    SchemeRow{"rsa", "rsa-pkcs1v15-sha256", KeyScheme::rsa_pkcs1_sha256},
};

std::optional<KeyScheme> scheme_of(std::string_view keytype, std::string_view scheme) {
    for (const SchemeRow& row : schemes)
        if (row.keytype == keytype && row.scheme == scheme) return row.means;
    return std::nullopt;
}

/// Given, but saying nothing, would look like a check that was made.
void read_hashes(Fields& in, const Json::Object* members, Hashes& into) {
    if (members == nullptr) return;
    if (members->empty()) in.fail("hashes", "must not be empty");
    for (const auto& [algorithm, value] : *members) {
        if (value.text() == nullptr || !from_hex(*value.text()))
            in.fail("hashes", "must be hexadecimal strings");
        if (!in.ok()) return;
        into.emplace(algorithm, ascii_lower(*value.text()));
    }
}

void read_role_name(Fields& in, std::string_view name) {
    if (name.empty()) in.fail("name", "must not be empty");
    if (is_top_role(name)) in.fail("name", "is that of a top-level role");
}

Status read_role(const Json& json, const std::string& where, DelegatedRole& into) {
    Fields in{json, where};
    into.name = in.text("name");
    if (in.ok()) read_role_name(in, into.name);
    read_role_keys(in, into);
    into.terminating = in.flag("terminating");
    const auto paths = in.texts_if_any("paths");
    const auto prefixes = in.texts_if_any("path_hash_prefixes");
    if (in.ok() && paths.has_value() == prefixes.has_value())
        in.fail("paths", "or path_hash_prefixes: exactly one must be there");
    into.paths = paths.value_or(std::vector<std::string>{});
    into.path_hash_prefixes = prefixes.value_or(std::vector<std::string>{});
    return in.status();
}

Status read_succinct(const Json& json, const std::string& where, SuccinctRoles& into) {
    Fields in{json, where};
    read_role_keys(in, into);
    into.bit_length = static_cast<unsigned>(in.integer("bit_length", 1, 32));
    into.name_prefix = in.text("name_prefix");
    if (in.ok() && into.name_prefix.empty()) in.fail("name_prefix", "must not be empty");
    return in.status();
}

}  // namespace

Status read_key(const Member& member, const std::string& where, Keys& into) {
    Fields in{member.value, where};
    const auto keytype = in.text("keytype"), scheme = in.text("scheme");
    in.object("keyval");
    if (!in.ok()) return in.status();
    Key key{scheme_of(keytype, scheme), {}};
    if (!key.scheme) {  // what its values look like is not known either
        into.emplace(member.name, std::move(key));
        return done();
    }
    Fields value{*member.value.find("keyval"), in.where("keyval")};
    key.text = value.text("public");
    UPDATE_CHECK(value.status(), "key");
    into.emplace(member.name, std::move(key));
    return done();
}

void read_role_keys(Fields& in, RoleKeys& into) {
    into.threshold = in.integer("threshold", 1);
    into.keyids = in.texts("keyids");
    const std::set<std::string_view> unique{into.keyids.begin(), into.keyids.end()};
    if (unique.size() != into.keyids.size()) in.fail("keyids", "has one twice");
}

Status read_meta_file(const Json& json, const std::string& where, MetaFile& into) {
    Fields in{json, where};
    into.version = in.integer("version", 1);
    into.length = in.integer_if_any("length", 0);
    read_hashes(in, in.object_if_any("hashes"), into.hashes);
    return in.status();
}

Status read_target_file(const Json& json, const std::string& where, TargetFile& into) {
    Fields in{json, where};
    into.length = in.integer("length", 0);
    read_hashes(in, &in.object("hashes"), into.hashes);
    if (const Json* custom = json.find("custom")) into.custom = *custom;
    return in.status();
}

Status read_delegations(const Json& json, const std::string& where, Delegations& into) {
    Fields in{json, where};
    for (const Member& key : in.object("keys")) in.take(read_key(key, in.where("keys"), into.keys));
    const auto* roles = in.array_if_any("roles");
    const auto* succinct = in.object_if_any("succinct_roles");
    if (in.ok() && (roles != nullptr) == (succinct != nullptr))
        in.fail("roles", "or succinct_roles: exactly one must be there");
    if (!in.ok()) return in.status();
    if (succinct != nullptr)
        return read_succinct(*json.find("succinct_roles"), in.where("succinct_roles"),
                             into.succinct.emplace());
    if (roles == nullptr) return in.status();
    std::set<std::string_view> names;
    for (const Json& role : *roles) {
        in.take(read_role(role, in.where("roles"), into.roles.emplace_back()));
        if (!in.ok()) break;
    }
    for (const DelegatedRole& role : into.roles)
        if (!names.insert(role.name).second) in.fail("roles", "has one name twice");
    return in.status();
}

}  // namespace update::trust
