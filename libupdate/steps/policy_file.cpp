#include "steps/policy_file.hpp"

#include "durable/durable.hpp"

namespace update {

constexpr std::size_t policy_max_bytes = 1024 * 1024;

Result<PolicyMemory> load_policy_memory(Files& files, const Layout& layout) {
    auto text = read_text(files, layout.policy(), policy_max_bytes);
    if (text) return parse_policy_memory(*text).memory;
    const auto code = text.error().code();
    if (code == ErrorCode::not_found || code == ErrorCode::corrupt || code == ErrorCode::refused)
        return PolicyMemory{};
    return std::move(text).error();
}

Status store_policy_memory(Files& files, const Layout& layout, const PolicyMemory& memory) {
    return write_durably(files, layout.policy(), to_json(memory));
}

}  // namespace update
