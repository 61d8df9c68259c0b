// Strict JSON, and its two written forms: what is read is written so that it is read as the same value again.
#include "input.hpp"
#include "trust/json.hpp"

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace update;
    const auto value = trust::parse_json(fuzz::text_of(data, size), 1'000'000);
    if (!value) return 0;
    const auto again = trust::parse_json(trust::indented(*value), 100'000'000);
    fuzz::require(bool{again} && *again == *value);
    fuzz::require(trust::canonical(*again) == trust::canonical(*value));
    return 0;
}
