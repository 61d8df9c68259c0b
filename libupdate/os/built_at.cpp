#include "os/built_at.hpp"

namespace update {

WallTime built_at() { return WallTime{std::chrono::seconds{UPDATE_BUILT_AT}}; }

}  // namespace update
