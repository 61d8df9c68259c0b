#pragma once
#include <string>
#include <string_view>
#include <vector>

namespace update {

/// The known name that was probably meant: the same word in another section, or the nearest spelling ('-' and
/// '_', case and few typing errors apart). Empty when nothing is near.
std::string nearest_name(std::string_view unknown, const std::vector<std::string>& known);

}  // namespace update
