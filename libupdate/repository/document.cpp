#include "repository/document.hpp"

#include "trust/instant.hpp"

namespace update::repository {

using trust::Json;
using trust::Version;

Json new_document(std::string_view type) {
    Json json;
    json.set("_type", Json{type});
    json.set("spec_version", Json{"1.0.34"});
    json.set("version", Json{std::int64_t{0}});
    return json;
}

Version version_of(const Json& document) {
    const Json* version = document.find("version");
    return version != nullptr && version->integer() != nullptr ? *version->integer() : 0;
}

void renew(Json& document, WallTime now, int days) {
    document.set("version", Json{version_of(document) + 1});
    document.set("expires", Json{trust::date_text(now + std::chrono::hours{24 * days})});
}

Version listed(const Json& document, const std::string& file) {
    const Json* meta = document.find("meta");
    const Json* entry = meta != nullptr ? meta->find(file) : nullptr;
    return entry != nullptr ? version_of(*entry) : 0;
}

const Json* signed_part(const Json& file) { return file.find("signed"); }

bool is_targets(std::string_view role) { return role != "snapshot" && role != "timestamp"; }

}  // namespace update::repository
