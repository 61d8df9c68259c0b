#include "input.hpp"
#include "trust/instant.hpp"

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace update;
    const auto text = fuzz::text_of(data, size);
    const auto date = trust::parse_date(text);
    if (date && *date >= WallTime{}) fuzz::require(trust::date_text(*date) == text);
    return 0;
}
