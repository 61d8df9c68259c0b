// For the Windows twins: what a connection to a local client consists of.
#pragma once
#include <array>
#include <string>

#include "os/local_connection.hpp"
#include "os/os_error.hpp"
#include "os/overlapped.hpp"

namespace update {

struct LocalConnection::System {
    static constexpr std::size_t write_max = 16'384;

    Handle pipe;
    Overlapped reading, writing;
    std::array<char, 4096> in{};
    std::size_t held = 0, taken = 0;  ///< of `in`
    std::string out;                  ///< what is being written
    EventLoop* loop = nullptr;        ///< where it is followed
    std::function<void(Ready)> callback;
    void* watched = nullptr;

    void begin_read() {
        if (!reading.active() && taken == held)
            reading.read(pipe.get(), in.data(), static_cast<DWORD>(in.size()));
    }
};

}  // namespace update
