#include "input.hpp"
#include "policy/release.hpp"
#include "policy/window.hpp"

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace update;
    const std::string text{fuzz::text_of(data, size)};
    if (const auto list = parse_release_list(text)) {
        const auto again = parse_release_list(to_json(*list));
        fuzz::require(bool{again} && *again == *list);
    }
    if (const auto window = parse_window(text)) (void)is_open({*window}, {}, std::chrono::minutes{90});
    return 0;
}
