#include "state_file.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "durable/durable.hpp"
#include "layout/layout.hpp"
#include "os/clock.hpp"
#include "os/files.hpp"
#include "os/published_facts.hpp"
#include "os/random.hpp"

using namespace update;

Status write_state(const Settings& settings, const std::string& version) {
    const nlohmann::json state{{"product", settings.product},
                               {"version", version},
                               {"server_url", settings.server_url},
                               {"agent_id", settings.agent_id},
                               {"started_unix_ms", make_clock()->wall().time_since_epoch().count()}};
    const Status written = write_durably(*make_files(), Layout{settings}.state_file(), state.dump(2) + "\n");
    const Status published = publish({settings.product, version, settings.server_url, settings.agent_id});
    return written ? published : written;
}

std::string new_build_id() {
    const auto random = make_random();
    constexpr std::uint64_t bound = 1ULL << 63;
    return fmt::format("{:016x}{:016x}", random->below(bound), random->below(bound));
}
