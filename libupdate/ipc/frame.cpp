#include "ipc/frame.hpp"

#include <fmt/format.h>

namespace update::ipc {
namespace {

constexpr std::size_t header_bytes = 4;

std::size_t length_at(const std::string& buffer, std::size_t offset) {
    std::size_t length = 0;
    for (std::size_t i = 0; i < header_bytes; ++i)
        length = length << 8 | static_cast<unsigned char>(buffer[offset + i]);
    return length;
}

}  // namespace

Result<std::string> frame(std::string_view json) {
    if (json.empty() || json.size() > frame_max_bytes)
        return Error{ErrorCode::refused, fmt::format("message of {} bytes does not fit a frame of 1 to {}",
                                                     json.size(), frame_max_bytes)};
    std::string framed;
    framed.reserve(header_bytes + json.size());
    for (int shift = 24; shift >= 0; shift -= 8)
        framed.push_back(static_cast<char>(json.size() >> shift & 0xff));
    framed += json;
    return framed;
}

Status Deframer::feed(const char* bytes, std::size_t count) {
    if (!broken_) buffer_.append(bytes, count);
    while (!broken_ && buffer_.size() >= checked_ + header_bytes) {
        const std::size_t length = length_at(buffer_, checked_);
        broken_ = length == 0 || length > frame_max_bytes;
        if (!broken_) checked_ += header_bytes + length;
    }
    if (broken_)
        return Error{ErrorCode::corrupt, fmt::format("frame length is not 1 to {}", frame_max_bytes)};
    return done();
}

std::optional<std::string> Deframer::next() {
    if (checked_ == 0 || buffer_.size() < header_bytes) return std::nullopt;
    const std::size_t end = header_bytes + length_at(buffer_, 0);
    if (buffer_.size() < end) return std::nullopt;
    std::string message = buffer_.substr(header_bytes, end - header_bytes);
    buffer_.erase(0, end);
    checked_ -= end;
    return message;
}

}  // namespace update::ipc
