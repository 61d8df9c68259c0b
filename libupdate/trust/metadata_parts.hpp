// Pieces that several kinds of metadata are made of. Each reader names the wrong member in its error.
#pragma once
#include "trust/fields.hpp"
#include "trust/metadata.hpp"

namespace update::trust {

Status read_key(const Member&, const std::string& where, Keys& into);
void read_role_keys(Fields&, RoleKeys& into);
Status read_meta_file(const Json&, const std::string& where, MetaFile& into);
Status read_target_file(const Json&, const std::string& where, TargetFile& into);
Status read_delegations(const Json&, const std::string& where, Delegations& into);

}  // namespace update::trust
