// What could keep an update from going well, looked at before one is tried. Changes nothing.
#pragma once
#include <string>
#include <vector>

#include <update/plan.hpp>

#include "compose/control.hpp"

namespace update {

/// One check: what was seen, and the cure when it is not as it should be.
struct Diagnosis {
    std::string check;  ///< stable word, as "key-file"
    bool ok = true;
    std::string what;
    std::string cure = {};  ///< empty when ok
};

/// Everything at once; a check that cannot be made is a finding.
std::vector<Diagnosis> examine(const std::filesystem::path& config_file);

/// Would this plan be applied now? Policy, update in progress, room, routes; nothing is downloaded.
std::vector<Diagnosis> examine(Control&, const Plan&);

bool healthy(const std::vector<Diagnosis>&);

/// Parts of the first, each about one side of the endpoint.
namespace doctor {
void look_at_folders(Control&, std::vector<Diagnosis>&);
void look_at_programs(Control&, std::vector<Diagnosis>&);
void look_at_trust(Control&, std::vector<Diagnosis>&);
void look_at_server_side(Control&, std::vector<Diagnosis>&);
}  // namespace doctor

}  // namespace update
