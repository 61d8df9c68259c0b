// The signed part of a metadata file, as the publisher edits it.
#pragma once
#include <string>
#include <string_view>

#include "ports/clock.hpp"
#include "trust/json.hpp"
#include "trust/metadata.hpp"

namespace update::repository {

/// Version 0, and no date: what `renew` makes the first version of.
trust::Json new_document(std::string_view type);
/// 0: none.
trust::Version version_of(const trust::Json& document);
/// Next version, and the days that it lives.
void renew(trust::Json& document, WallTime now, int days);
/// The version that a "meta" member names. 0: none.
trust::Version listed(const trust::Json& document, const std::string& file);
/// Of a whole file. nullptr: it has none.
const trust::Json* signed_part(const trust::Json& file);
/// Roles whose documents are targets; snapshot and timestamp are made of them.
bool is_targets(std::string_view role);

}  // namespace update::repository
