// Patterns and names: a path, a line feed, a pattern.
#include "input.hpp"
#include "trust/delegation.hpp"
#include "trust/names.hpp"

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace update;
    const auto text = fuzz::text_of(data, size);
    const auto path = text.substr(0, text.find('\n'));
    const auto pattern = path.size() < text.size() ? text.substr(path.size() + 1) : std::string_view{};
    (void)trust::matches_pattern(path, pattern);
    const auto name = trust::file_name(path, std::string(64, '0'));
    fuzz::require(name.size() <= 200 && name.find('/') == std::string::npos && !name.starts_with('.'));
    (void)trust::encoded_path(path);
    return 0;
}
