#include "c_api/call.hpp"

#include <cstdlib>
#include <cstring>

namespace update::c {
namespace {

// A fixed buffer: an error can be kept even when memory is what is missing.
constexpr std::size_t text_bytes = 1024;
thread_local char last_error[text_bytes] = "";

constexpr update_result number(ErrorCode code) {
    return static_cast<update_result>(static_cast<int>(code) + 1);
}
static_assert(number(ErrorCode::retry_later) == UPDATE_RETRY_LATER);
static_assert(number(ErrorCode::not_found) == UPDATE_NOT_FOUND);
static_assert(number(ErrorCode::corrupt) == UPDATE_CORRUPT);
static_assert(number(ErrorCode::refused) == UPDATE_REFUSED);
static_assert(number(ErrorCode::no_space) == UPDATE_NO_SPACE);
static_assert(number(ErrorCode::permission) == UPDATE_PERMISSION);
static_assert(number(ErrorCode::unsupported) == UPDATE_UNSUPPORTED);
static_assert(number(ErrorCode::cancelled) == UPDATE_CANCELLED);
static_assert(number(ErrorCode::timed_out) == UPDATE_TIMED_OUT);
static_assert(number(ErrorCode::bug) == UPDATE_BUG);

}  // namespace

update_result failed(const Error& error) {
    const std::string text = error.message();
    const std::size_t count = std::min(text.size(), text_bytes - 1);
    std::memcpy(last_error, text.data(), count);
    last_error[count] = '\0';
    return number(error.code());
}

Status give(const std::string& text, char** to) {
    *to = static_cast<char*>(std::malloc(text.size() + 1));
    if (*to == nullptr) return Error{ErrorCode::retry_later, "out of memory"};
    std::memcpy(*to, text.c_str(), text.size() + 1);
    return done();
}

}  // namespace update::c

const char* update_last_error(void) { return update::c::last_error; }
void update_free(char* text) { std::free(text); }
