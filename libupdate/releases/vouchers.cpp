#include "releases/vouchers.hpp"

#include "base/json_reader.hpp"

namespace update {
namespace {

constexpr std::size_t max_roots = 4096;

}  // namespace

std::string to_json(const Vouchers& vouchers) {
    return json_text({{"roots", vouchers.roots}, {"roles", vouchers.roles}, {"list", vouchers.list}});
}

Result<Vouchers> parse_vouchers(const std::string& text) {
    UPDATE_TRY(json, parse_json_object(text, max_vouchers_bytes), "signed files");
    Vouchers vouchers;
    FieldReader in{json};
    const Json* roots = in.array("roots", max_roots);
    const Json* roles = in.object("roles");
    in.text("list", vouchers.list);
    UPDATE_CHECK(in.status(), "signed files");
    for (const Json& root : *roots) {
        if (!root.is_string()) in.fail("roots", "must contain texts only");
        if (root.is_string()) vouchers.roots.push_back(root.get<std::string>());
    }
    for (const auto& [role, bytes] : roles->items()) {
        if (!bytes.is_string()) in.fail("roles", "must contain texts only");
        if (bytes.is_string()) vouchers.roles.emplace(role, bytes.get<std::string>());
    }
    UPDATE_CHECK(in.status(), "signed files");
    return vouchers;
}

}  // namespace update
