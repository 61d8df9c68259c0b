#include "os/asides.hpp"
#include "os/replace.hpp"

namespace update {

bool sweep_asides(const Path& file) {
    const auto place = find_place(file);
    return place ? sweep_aside(*place) : place.error().code() == ErrorCode::not_found;
}

}  // namespace update
