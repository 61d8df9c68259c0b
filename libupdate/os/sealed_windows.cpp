#include <algorithm>
#include <charconv>
#include <fmt/format.h>

#include "os/handle.hpp"
#include "os/os_error.hpp"
#include "os/sealed.hpp"
#include "os/windows.hpp"
// Not before windows.h.
#include <dpapi.h>

namespace update {
namespace {

constexpr std::string_view mark = "dpapi:";
// Any account of this machine may unseal, so that the agent does also after its service account has changed.
// No window asks anybody.
constexpr DWORD flags = CRYPTPROTECT_LOCAL_MACHINE | CRYPTPROTECT_UI_FORBIDDEN;

DATA_BLOB blob_of(std::string& bytes) {
    return {static_cast<DWORD>(bytes.size()), reinterpret_cast<BYTE*>(bytes.data())};
}

/// The bytes are wiped where Windows left them.
std::string take(DATA_BLOB& blob) {
    const LocalMemory owner{blob.pbData};
    std::string bytes{reinterpret_cast<const char*>(blob.pbData), blob.cbData};
    ::SecureZeroMemory(blob.pbData, blob.cbData);
    return bytes;
}

std::string to_hex(std::string_view bytes) {
    std::string text;
    for (const char byte : bytes) text += fmt::format("{:02x}", static_cast<unsigned char>(byte));
    return text;
}

Result<std::string> from_hex(std::string_view text) {
    std::string bytes;
    if (text.size() % 2 != 0) return Error{ErrorCode::corrupt, "a sealed secret is cut off"};
    for (std::size_t at = 0; at < text.size(); at += 2) {
        unsigned value = 0;
        const char* const begin = text.data() + at;
        if (std::from_chars(begin, begin + 2, value, 16).ptr != begin + 2)
            return Error{ErrorCode::corrupt, "a sealed secret has other characters than 0-9 and a-f"};
        bytes += static_cast<char>(value);
    }
    return bytes;
}

}  // namespace

Result<std::string> seal(const std::string& secret) {
    std::string bytes = secret;
    DATA_BLOB in = blob_of(bytes), out{};
    const BOOL sealed = ::CryptProtectData(&in, L"update", nullptr, nullptr, nullptr, flags, &out);
    ::SecureZeroMemory(bytes.data(), bytes.size());
    if (sealed == 0) return last_error("seal a secret");
    return std::string{mark} + to_hex(take(out));
}

Result<std::string> unseal(const std::string& text) {
    if (!is_sealed(text)) return text;
    auto digits = std::string_view{text}.substr(mark.size());
    while (!digits.empty() && (digits.back() == '\n' || digits.back() == '\r')) digits.remove_suffix(1);
    UPDATE_TRY(bytes, from_hex(digits), "unseal a secret");
    DATA_BLOB in = blob_of(bytes), out{};
    if (::CryptUnprotectData(&in, nullptr, nullptr, nullptr, nullptr, flags, &out) == 0) {
        const auto error = static_cast<int>(::GetLastError());
        return Error{ErrorCode::permission,
                     "a secret was sealed on another machine, or is damaged: write it anew",
                     os_error(error, "").os()};
    }
    return take(out);
}

bool is_sealed(std::string_view text) { return text.starts_with(mark); }
bool seals() { return true; }

}  // namespace update
