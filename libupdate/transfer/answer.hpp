// What a server's answer to a download request means. Pure.
#pragma once
#include <cstdint>
#include <string>

#include "ports/http.hpp"

namespace update {

/// What was asked for.
struct Asked {
    std::uint64_t first_byte = 0;  ///< bytes already held
    std::uint64_t size_bytes = 0;  ///< of the whole artifact
    std::string etag;  ///< that the held bytes came with, when they are from this very URL; may be empty
};

enum class Answer : std::uint8_t {
    whole,       ///< the body is the artifact from its first byte
    rest,        ///< the body continues the bytes held
    start_over,  ///< the bytes held do not belong to it: ask again for the whole, at once
    later,       ///< passing trouble: ask again after a while
    skip,        ///< this mirror will not give it
};

struct Judgement {
    Answer answer = Answer::skip;
    ErrorCode code = ErrorCode::refused;  ///< meaningful, as `why`, when the body is not wanted
    std::string why;
};

/// Decided before the first byte of the body: a page of a captive portal costs no traffic and no disk.
Judgement judge(const HttpHead&, const Asked&);

}  // namespace update
