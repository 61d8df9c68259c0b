// Private to systemd/: properties of one object of systemd, each as the type that systemd documents.
#pragma once
#include <algorithm>
#include <chrono>
#include <string>
#include <vector>

#include "os/systemd/connection.hpp"

namespace update {

/// After the first property that cannot be read, all are empty, and `status` says why.
template <class Connection>
class Properties {
 public:
    /// @param what  for the text of an error
    Properties(const Connection& connection, std::string path, std::string what)
        : connection_{connection}, path_{std::move(path)}, what_{std::move(what)} {}

    const Status& status() const { return status_; }

    std::string text(const char* interface, const char* name) {
        const char* words = read<const char*>(interface, name, "s");
        return words != nullptr ? words : "";
    }
    bool truth(const char* interface, const char* name) { return read<int>(interface, name, "b") != 0; }
    std::uint64_t number(const char* interface, const char* name) {
        return read<std::uint64_t>(interface, name, "t");
    }
    std::uint32_t unsigned_32(const char* interface, const char* name) {
        return read<std::uint32_t>(interface, name, "u");
    }
    std::int32_t signed_32(const char* interface, const char* name) {
        return read<std::int32_t>(interface, name, "i");
    }
    /// "infinity" comes as the largest number.
    std::chrono::microseconds time(const char* interface, const char* name) {
        constexpr auto longest = std::chrono::microseconds::max();
        return std::chrono::microseconds{
            std::min(number(interface, name), static_cast<std::uint64_t>(longest.count()))};
    }
    std::vector<std::uint8_t> bytes(const char* interface, const char* name) {
        return fetch(interface, name, "ay") ? array<std::uint8_t>('y') : std::vector<std::uint8_t>{};
    }
    /// Of a set of exit statuses: the codes, not the signals.
    std::vector<int> codes(const char* interface, const char* name) {
        if (!fetch(interface, name, "(aiai)") || !enter('r', "aiai")) return {};
        return array<int>('i');
    }
    /// Of a list of commands: their programs.
    std::vector<std::string> programs(const char* interface, const char* name) {
        constexpr const char* command = "sasbttttuii";
        std::vector<std::string> paths;
        if (!fetch(interface, name, "a(sasbttttuii)") || !enter('a', "(sasbttttuii)")) return paths;
        while (enter('r', command)) {
            const char* program = nullptr;
            if (!holds(sd().message_read(message_.get(), "s", &program))) break;
            paths.emplace_back(program);
            if (!holds(sd().message_skip(message_.get(), "asbttttuii"))) break;
            if (!holds(sd().message_exit_container(message_.get()))) break;
        }
        return paths;
    }

 private:
    const SdBus& sd() const { return connection_.sd; }

    bool holds(int outcome) {
        if (outcome < 0 && status_) status_ = BusError{sd()}.meaning(outcome, what_);
        return outcome >= 0;
    }

    /// The message of this property becomes the one that is read.
    bool fetch(const char* interface, const char* name, const char* type) {
        if (!status_) return false;
        BusError error{sd()};
        sd_bus_message* reply = nullptr;
        const int outcome = sd().get_property(connection_.bus.get(), bus::service, path_.c_str(), interface,
                                              name, error.out(), &reply, type);
        message_ = Message{reply, MessageEnd{&sd()}};
        if (outcome < 0) status_ = error.meaning(outcome, what_);
        return outcome >= 0;
    }

    template <class T>
    T read(const char* interface, const char* name, const char* type) {
        T value{};
        if (fetch(interface, name, type)) holds(sd().message_read(message_.get(), type, &value));
        return value;
    }

    template <class T>
    std::vector<T> array(char type) {
        const void* first = nullptr;
        std::size_t size_bytes = 0;
        if (!holds(sd().message_read_array(message_.get(), type, &first, &size_bytes))) return {};
        const T* values = static_cast<const T*>(first);
        return {values, values + size_bytes / sizeof(T)};
    }

    /// @return false at the end of an array, too
    bool enter(char type, const char* contents) {
        const int outcome = sd().message_enter_container(message_.get(), type, contents);
        return holds(outcome) && outcome > 0;
    }

    const Connection& connection_;
    const std::string path_, what_;
    Message message_{nullptr, MessageEnd{&connection_.sd}};  ///< a text that was read lives in it
    Status status_ = done();
};

}  // namespace update
