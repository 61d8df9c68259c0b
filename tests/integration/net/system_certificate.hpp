#pragma once
#include <vector>

namespace update::test {

/// Any one valid certificate of the system's store, in DER; empty where it has none.
std::vector<unsigned char> system_certificate();

}  // namespace update::test
