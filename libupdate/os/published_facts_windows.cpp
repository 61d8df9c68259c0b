#include "os/published_facts.hpp"
#include "os/registry.hpp"

namespace update {
namespace {

constexpr const char* software = "SOFTWARE\\";
constexpr const char* version_value = "Version";
constexpr const char* server_value = "ServerUrl";
constexpr const char* agent_value = "AgentId";

}  // namespace

Status publish(const PublishedFacts& facts) {
    UPDATE_TRY(key, RegistryKey::create(software + facts.product), "publish version and server");
    UPDATE_CHECK(key.write(version_value, facts.version), "publish version");
    UPDATE_CHECK(key.write(server_value, facts.server_url), "publish server");
    UPDATE_CHECK(key.write(agent_value, facts.agent_id), "publish agent");
    return key.flush();
}

Status unpublish(const std::string& product) {
    auto key = RegistryKey::create(software + product);
    if (!key) return std::move(key).error();
    for (const char* value : {version_value, server_value, agent_value})
        UPDATE_CHECK(key->remove_value(value), "take away what was published");
    return RegistryKey::remove_if_empty(software + product);
}

}  // namespace update
