#include "os/handle.hpp"
#include "os/windows.hpp"

namespace update {

void CloseKernelHandle::operator()(void* handle) const noexcept { ::CloseHandle(handle); }
void CloseServiceKind::operator()(void* handle) const noexcept {
    ::CloseServiceHandle(static_cast<SC_HANDLE>(handle));
}
void CloseRegistryKey::operator()(void* handle) const noexcept { ::RegCloseKey(static_cast<HKEY>(handle)); }
void CloseFind::operator()(void* handle) const noexcept { ::FindClose(handle); }
void FreeLocal::operator()(void* memory) const noexcept { ::LocalFree(memory); }

}  // namespace update
