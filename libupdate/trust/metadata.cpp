#include "trust/metadata.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <set>

#include "base/hex.hpp"
#include "trust/fields.hpp"
#include "trust/instant.hpp"
#include "trust/metadata_parts.hpp"
#include "trust/trouble.hpp"

namespace update::trust {
namespace {

/// 4.2.1: major version 1; the others are compatible with what is read here.
bool is_known_spec_version(std::string_view text) {
    const auto digits_or_dot = [](char c) { return (c >= '0' && c <= '9') || c == '.'; };
    if (!text.starts_with("1.") || !std::ranges::all_of(text, digits_or_dot)) return false;
    const auto dots = std::ranges::count(text, '.');
    return (dots == 1 || dots == 2) && text.back() != '.' && text.find("..") == std::string_view::npos;
}

void read_common(Fields& in, std::string_view type, Common& into) {
    if (const auto found = in.text("_type"); in.ok() && found != type)
        in.fail("_type", fmt::format("is not \"{}\"", type));
    if (const auto spec = in.text("spec_version"); in.ok() && !is_known_spec_version(spec))
        in.fail("spec_version", "is not one of version 1");
    into.version = in.integer("version", 1);
    const auto expires = parse_date(in.text("expires"));
    if (in.ok() && !expires) in.fail("expires", "is not of the form YYYY-MM-DDTHH:MM:SSZ");
    into.expires = expires.value_or(WallTime{});
}

Status read(const Json& json, Root& into) {
    Fields in{json, "signed"};
    read_common(in, Root::type, into);
    into.consistent_snapshot = in.flag_if_any("consistent_snapshot").value_or(false);
    for (const Member& key : in.object("keys")) in.take(read_key(key, in.where("keys"), into.keys));
    in.object("roles");
    if (!in.ok()) return in.status();
    Fields roles{*json.find("roles"), in.where("roles")};
    for (const TopRole role : top_roles) {
        roles.object(name(role));
        if (!roles.ok()) break;
        Fields one{*json.find("roles")->find(name(role)), roles.where(name(role))};
        read_role_keys(one, into.roles[static_cast<std::size_t>(role)]);
        roles.take(one.status());
    }
    return roles.status();
}

Status read(const Json& json, Timestamp& into) {
    Fields in{json, "signed"};
    read_common(in, Timestamp::type, into);
    in.object("meta");
    if (in.ok()) {
        const Json* snapshot = json.find("meta")->find("snapshot.json");
        if (snapshot == nullptr) in.fail("meta", "has no snapshot.json");
        if (snapshot != nullptr)
            in.take(read_meta_file(*snapshot, in.where("meta.snapshot.json"), into.snapshot));
    }
    if (const auto signed_at = in.text_if_any("x-signed-at")) into.signed_at = parse_date(*signed_at);
    return in.status();
}

Status read(const Json& json, Snapshot& into) {
    Fields in{json, "signed"};
    read_common(in, Snapshot::type, into);
    constexpr std::string_view suffix = ".json";
    for (const auto& [file, value] : in.object("meta")) {
        if (!file.ends_with(suffix)) in.fail("meta", "names something that is no .json file");
        if (!in.ok()) break;
        // Sorted input: the hint makes 16,384 bins cheap.
        const auto at =
            into.meta.emplace_hint(into.meta.end(), file.substr(0, file.size() - suffix.size()), MetaFile{});
        in.take(read_meta_file(value, in.where("meta"), at->second));
    }
    return in.status();
}

Status read(const Json& json, Targets& into) {
    Fields in{json, "signed"};
    read_common(in, Targets::type, into);
    for (const auto& [path, value] : in.object("targets")) {
        if (path.empty()) in.fail("targets", "has an empty name");
        if (!in.ok()) break;
        const auto at = into.targets.emplace_hint(into.targets.end(), path, TargetFile{});
        in.take(read_target_file(value, in.where("targets"), at->second));
    }
    if (in.object_if_any("delegations") != nullptr && in.ok()) {
        into.delegations.emplace();
        in.take(read_delegations(*json.find("delegations"), in.where("delegations"), *into.delegations));
    }
    return in.status();
}

/// 4.2.1: a key id occurs once among the signatures, whatever the threshold.
Status read_signatures(const Json& json, std::vector<Signature>& into) {
    Fields in{json, ""};
    std::set<std::string> seen;
    for (const Json& one : in.array("signatures")) {
        Fields signature{one, "signatures"};
        const auto keyid = signature.text("keyid");
        const auto sig = signature.text("sig");
        if (!in.take(signature.status())) break;
        if (!seen.insert(keyid).second) in.fail("signatures", "has two of one key");
        into.push_back({keyid, from_hex(sig).value_or(std::string{})});
    }
    return in.status();
}

template <class Kind>
Result<Signed<Kind>> read_file(std::string_view text, std::size_t max_bytes) {
    UPDATE_TRY(json, parse_json(text, max_bytes), std::string{Kind::type});
    Signed<Kind> file;
    const Json* content = json.find("signed");
    if (content == nullptr) return Error{ErrorCode::corrupt, "it has no member \"signed\""};
    UPDATE_CHECK(read_signatures(json, file.signatures), std::string{Kind::type});
    UPDATE_CHECK(read(*content, file.content), std::string{Kind::type});
    file.payload = canonical(*content);
    return file;
}

}  // namespace

std::string_view name(TopRole role) {
    constexpr std::array<std::string_view, top_roles.size()> names{"root", "timestamp", "snapshot",
                                                                   "targets"};
    return names[static_cast<std::size_t>(role)];
}
bool is_top_role(std::string_view wanted) {
    return std::ranges::any_of(top_roles, [wanted](TopRole role) { return name(role) == wanted; });
}

template <class Kind>
Result<Signed<Kind>> parse_metadata(std::string_view text, std::size_t max_bytes) {
    auto file = read_file<Kind>(text, max_bytes);
    if (!file) return trouble(Trouble::tampered, file.error().message());
    return file;
}
template Result<Signed<Root>> parse_metadata<Root>(std::string_view, std::size_t);
template Result<Signed<Timestamp>> parse_metadata<Timestamp>(std::string_view, std::size_t);
template Result<Signed<Snapshot>> parse_metadata<Snapshot>(std::string_view, std::size_t);
template Result<Signed<Targets>> parse_metadata<Targets>(std::string_view, std::size_t);

}  // namespace update::trust
