#include "os/systemd/connected.hpp"

namespace update {
namespace {

/// A call with arguments that a line cannot write. After the first failure nothing more is added.
class Draft {
 public:
    Draft(const SdBus& sd, sd_bus* bus, const char* method) : sd_{sd}, message_{nullptr, MessageEnd{&sd}} {
        sd_bus_message* message = nullptr;
        outcome_ = sd_.message_new_method_call(bus, &message, bus::service, bus::root, bus::manager, method);
        message_.reset(message);
    }

    template <class... Values>
    void add(const char* types, Values... values) {
        if (outcome_ >= 0) outcome_ = sd_.message_append(message_.get(), types, values...);
    }
    void add(const std::vector<std::string>& words) {
        std::vector<char*> pointers;
        for (const auto& word : words) pointers.push_back(const_cast<char*>(word.c_str()));
        pointers.push_back(nullptr);
        if (outcome_ >= 0) outcome_ = sd_.message_append_strv(message_.get(), pointers.data());
    }
    template <class Contents>
    void put_in(char type, const char* contents, Contents&& fill) {
        if (outcome_ >= 0) outcome_ = sd_.message_open_container(message_.get(), type, contents);
        fill();
        if (outcome_ >= 0) outcome_ = sd_.message_close_container(message_.get());
    }
    template <class Value>
    void property(const char* name, const char* type, Value&& add_value) {
        put_in(SD_BUS_TYPE_STRUCT, "sv", [&] {
            add("s", name);
            put_in(SD_BUS_TYPE_VARIANT, type, add_value);
        });
    }

    /// Waits for the answer. @return what the call returned
    int send(sd_bus* bus, BusError& error) {
        if (outcome_ >= 0) outcome_ = sd_.call(bus, message_.get(), 0, error.out(), nullptr);
        return outcome_;
    }

 private:
    const SdBus& sd_;
    Message message_;
    int outcome_ = 0;
};

void add_command(Draft& call, const Command& command) {
    std::vector<std::string> words{command.program.string()};
    words.insert(words.end(), command.arguments.begin(), command.arguments.end());
    call.property("ExecStart", "a(sasb)", [&] {
        call.put_in(SD_BUS_TYPE_ARRAY, "(sasb)", [&] {
            call.put_in(SD_BUS_TYPE_STRUCT, "sasb", [&] {
                call.add("s", command.program.c_str());
                call.add(words);
                call.add("b", 0);
            });
        });
    });
}

}  // namespace

Status SystemdManager::start_transient(const std::string& unit, const std::string& description,
                                       const Command& command, const std::vector<std::string>& environment,
                                       int answers) {
    return connected([&](const Connection& c) -> Status {
        Draft call{c.sd, c.bus.get(), "StartTransientUnit"};
        call.add("ss", unit.c_str(), "fail");
        call.put_in(SD_BUS_TYPE_ARRAY, "(sv)", [&] {
            call.add("(sv)", "Description", "s", description.c_str());
            call.add("(sv)", "Type", "s", "exec");
            call.add("(sv)", "CollectMode", "s", "inactive-or-failed");
            call.property("Environment", "as", [&] { call.add(environment); });
            // Killed between the agent's stop and its start, it must come again: nobody else is there then.
            call.add("(sv)", "Restart", "s", "on-failure");
            call.add("(sv)", "RestartUSec", "t", std::uint64_t{1'000'000});
            call.add("(sv)", "StandardOutputFileDescriptor", "h", answers);
            add_command(call, command);
        });
        call.add("a(sa(sv))", 0);  // no auxiliary units
        BusError error{c.sd};
        const int outcome = call.send(c.bus.get(), error);
        return outcome < 0 ? Status{error.meaning(outcome, "start " + unit)} : done();
    });
}

}  // namespace update
