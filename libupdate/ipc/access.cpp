#include "ipc/access.hpp"

namespace update::ipc {

Access access_needed(Type type) {
    switch (type) {
        case Type::ping:
        case Type::status:
            return Access::anyone;
        case Type::confirm:
            return Access::supervised;
        case Type::perform_update:
        case Type::restart_agent:
        case Type::update_config:
        case Type::cancel:
        case Type::roll_back:
        case Type::renew:
            break;
    }
    return Access::owner;
}

}  // namespace update::ipc
