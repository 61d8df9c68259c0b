#include "os/asides.hpp"
#include "os/pending_renames.hpp"
#include "os/replace.hpp"

namespace update {

bool sweep_asides(const Path& file) {
    const auto place = find_place(file);
    if (place) (void)forget_restore_at_boot(place->full);  // of a process that was killed
    return place ? sweep_aside(*place) : place.error().code() == ErrorCode::not_found;
}

}  // namespace update
