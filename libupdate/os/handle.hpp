// For the Windows twins: one owner per kind of handle. No header of Windows is needed to hold one.
#pragma once
#include <cstdint>
#include <utility>

namespace update {

/// Closes with CloseHandle. Both values that Windows uses for "none" (null and -1) count as empty.
struct CloseKernelHandle {
    void operator()(void*) const noexcept;
};
struct CloseServiceKind {
    void operator()(void*) const noexcept;
};
struct CloseRegistryKey {
    void operator()(void*) const noexcept;
};
struct CloseFind {
    void operator()(void*) const noexcept;
};
/// What Windows allocated with LocalAlloc: security descriptors, texts of SIDs and of errors.
struct FreeLocal {
    void operator()(void*) const noexcept;
};

template <class Close>
class BasicHandle {
 public:
    BasicHandle() = default;
    explicit BasicHandle(void* handle) noexcept : handle_{valid(handle) ? handle : nullptr} {}
    BasicHandle(BasicHandle&& other) noexcept : handle_{std::exchange(other.handle_, nullptr)} {}
    BasicHandle& operator=(BasicHandle&& other) noexcept {
        if (this != &other) reset(std::exchange(other.handle_, nullptr));
        return *this;
    }
    ~BasicHandle() { reset(); }

    void* get() const noexcept { return handle_; }
    template <class T>
    T as() const noexcept {
        return static_cast<T>(handle_);
    }
    explicit operator bool() const noexcept { return handle_ != nullptr; }
    /// Gives the handle away; the caller closes it.
    [[nodiscard]] void* release() noexcept { return std::exchange(handle_, nullptr); }
    void reset(void* handle = nullptr) noexcept {
        if (handle_ != nullptr) Close{}(handle_);
        handle_ = valid(handle) ? handle : nullptr;
    }

 private:
    static bool valid(void* handle) noexcept {
        return handle != nullptr && reinterpret_cast<std::intptr_t>(handle) != -1;
    }
    void* handle_ = nullptr;
};

using Handle = BasicHandle<CloseKernelHandle>;  ///< files, processes, threads, events, jobs, pipes, tokens
using ServiceHandle = BasicHandle<CloseServiceKind>;  ///< SC_HANDLE of the manager or of a service
using KeyHandle = BasicHandle<CloseRegistryKey>;      ///< HKEY; never holds a predefined key
using FindHandle = BasicHandle<CloseFind>;            ///< FindFirstFile
using LocalMemory = BasicHandle<FreeLocal>;

}  // namespace update
