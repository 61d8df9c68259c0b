#include <update/selection.hpp>

#include "input.hpp"

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace update;
    const auto selection = parse_selection(std::string{fuzz::text_of(data, size)});
    if (!selection) return 0;
    fuzz::require(bool{validate(*selection)});
    const auto again = parse_selection(to_json(*selection));
    fuzz::require(bool{again} && *again == *selection);
    return 0;
}
