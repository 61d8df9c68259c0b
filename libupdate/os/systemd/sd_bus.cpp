#include "os/systemd/sd_bus.hpp"

#include <dlfcn.h>
#include <fmt/format.h>

namespace update {
namespace {

constexpr const char* library_name = "libsystemd.so.0";

Error absent() {
    const char* why = ::dlerror();
    return {ErrorCode::unsupported,
            fmt::format("{} cannot be used ({}); install libsystemd0 or set service.manager = \"none\"",
                        library_name, why != nullptr ? why : "no reason given")};
}

template <class Function>
bool find(void* library, const char* name, Function& function) {
    function = reinterpret_cast<Function>(::dlsym(library, name));
    return function != nullptr;
}

Result<SdBus> load_functions() {
    void* library = ::dlopen(library_name, RTLD_NOW | RTLD_LOCAL);
    if (library == nullptr) return absent();
    SdBus found;
#define UPDATE_FIND(name) \
    if (!find(library, "sd_bus_" #name, found.name)) return absent();
    UPDATE_SD_BUS_FUNCTIONS(UPDATE_FIND)
#undef UPDATE_FIND
    return found;
}

}  // namespace

Result<const SdBus*> SdBus::load() {
    static const Result<SdBus> loaded = load_functions();
    if (!loaded) return loaded.error();
    return &*loaded;
}

}  // namespace update
