#include <array>
#include <fmt/format.h>

#include "os/descriptor.hpp"
#include "os/os_error.hpp"
#include "os/security.hpp"
#include "os/wide.hpp"
#include "os/windows.hpp"
// Not before windows.h.
#include <aclapi.h>
#include <bcrypt.h>
#include <sddl.h>

namespace update {

Result<LocalMemory> private_rights() {
    const Account& self = own_account();
    return make_descriptor(sddl::only_ours_here(self.privileged ? std::string{} : self.sid));
}

Result<std::string> dacl_of(void* object) {
    PSECURITY_DESCRIPTOR descriptor = nullptr;
    const DWORD error = ::GetSecurityInfo(object, SE_KERNEL_OBJECT, DACL_SECURITY_INFORMATION, nullptr,
                                          nullptr, nullptr, nullptr, &descriptor);
    if (error != ERROR_SUCCESS) return os_error(static_cast<int>(error), "read rights of an object");
    const LocalMemory owner{descriptor};
    wchar_t* text = nullptr;
    if (::ConvertSecurityDescriptorToStringSecurityDescriptorW(
            descriptor, SDDL_REVISION_1, DACL_SECURITY_INFORMATION, &text, nullptr) == 0)
        return last_error("write rights as text");
    const LocalMemory text_owner{text};
    return to_utf8(text);
}

Result<std::string> owner_of(void* object) {
    PSECURITY_DESCRIPTOR descriptor = nullptr;
    PSID sid = nullptr;
    const DWORD error = ::GetSecurityInfo(object, SE_KERNEL_OBJECT, OWNER_SECURITY_INFORMATION, &sid, nullptr,
                                          nullptr, nullptr, &descriptor);
    if (error != ERROR_SUCCESS) return os_error(static_cast<int>(error), "read owner of an object");
    const LocalMemory owner{descriptor};
    wchar_t* text = nullptr;
    if (sid == nullptr || ::ConvertSidToStringSidW(sid, &text) == 0)
        return last_error("read owner of an object");
    const LocalMemory text_owner{text};
    return to_utf8(text);
}

Result<std::string> secret_name() {
    std::array<unsigned char, 16> bytes;
    if (::BCryptGenRandom(nullptr, bytes.data(), bytes.size(), BCRYPT_USE_SYSTEM_PREFERRED_RNG) != 0)
        return Error{ErrorCode::retry_later, "the system has no random numbers"};
    std::string name;
    for (const unsigned char byte : bytes) name += fmt::format("{:02x}", byte);
    return name;
}

}  // namespace update
