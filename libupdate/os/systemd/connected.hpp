// Private to systemd/: what is done with a connection.
#pragma once
#include "os/systemd/connection.hpp"

namespace update {

template <class Call>
Status SystemdManager::connected(Call&& call) {
    if (!connection_) {
        UPDATE_TRY(opened, Connection::open(), "systemd");
        connection_ = std::move(opened);
    }
    Status outcome = call(std::as_const(*connection_));
    if (!outcome && outcome.error().code() == ErrorCode::retry_later)
        connection_.reset();  // perhaps the bus was restarted
    return outcome;
}

}  // namespace update
