// Who may ask what. Pure, so that both systems' transports enforce the same rule.
#pragma once
#include <cstdint>

#include "ipc/message.hpp"

namespace update::ipc {

enum class Access : std::uint8_t {
    anyone,      ///< any local user: it only reads
    owner,       ///< the watchdog's own account, or the administrator
    supervised,  ///< one of the programs that the watchdog supervises, and nobody else: it is testimony about
                 ///< itself
};

Access access_needed(Type);

}  // namespace update::ipc
