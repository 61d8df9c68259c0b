// What other programs of this machine may ask of the one that runs: Windows looks into the registry for it.
#pragma once
#include <string>

#include <update/result.hpp>

namespace update {

/// No secrets: every user can read it.
struct PublishedFacts {
    std::string product, version, server_url, agent_id;
};

/// Windows: the values Version, ServerUrl and AgentId of HKLM\\SOFTWARE\\<product>; durable when this
/// returns. Elsewhere state.json is enough, and nothing happens.
Status publish(const PublishedFacts&);
/// Takes those values away, and their key unless somebody else has something there. Absent is success.
Status unpublish(const std::string& product);

}  // namespace update
