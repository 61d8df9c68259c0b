#include "os/sealed.hpp"

namespace update {

Result<std::string> seal(const std::string& secret) { return secret; }
Result<std::string> unseal(const std::string& text) { return text; }
bool is_sealed(std::string_view) { return false; }
bool seals() { return false; }

}  // namespace update
