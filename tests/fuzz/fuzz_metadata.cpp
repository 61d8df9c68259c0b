// Files of all four kinds, and the rollback floor.
#include "input.hpp"
#include "trust/floor.hpp"
#include "trust/metadata.hpp"

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace update;
    constexpr std::size_t max_bytes = 1'000'000;
    const auto text = fuzz::text_of(data, size);
    if (const auto root = trust::parse_metadata<trust::Root>(text, max_bytes))
        for (const auto role : trust::top_roles) fuzz::require(root->content.role(role).threshold >= 1);
    if (const auto timestamp = trust::parse_metadata<trust::Timestamp>(text, max_bytes))
        fuzz::require(timestamp->content.version >= 1 && timestamp->content.snapshot.version >= 1);
    (void)trust::parse_metadata<trust::Snapshot>(text, max_bytes);
    (void)trust::parse_metadata<trust::Targets>(text, max_bytes);
    if (const auto floor = trust::parse_floor(text))
        fuzz::require(bool{trust::parse_floor(trust::to_json(*floor))});
    return 0;
}
