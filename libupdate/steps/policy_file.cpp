#include "steps/policy_file.hpp"

#include "durable/durable.hpp"

namespace update {

constexpr std::size_t policy_max_bytes = 256 * 1024;

PolicyMemory load_policy_memory(Files& files, const Layout& layout) {
    const auto text = read_text(files, layout.policy(), policy_max_bytes);
    return text ? parse_policy_memory(*text).memory : PolicyMemory{};
}

Status store_policy_memory(Files& files, const Layout& layout, const PolicyMemory& memory) {
    return write_durably(files, layout.policy(), to_json(memory));
}

}  // namespace update
