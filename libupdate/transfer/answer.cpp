#include "transfer/answer.hpp"

#include <fmt/format.h>

namespace update {
namespace {

Judgement judge_whole(const HttpHead& head, const Asked& asked) {
    if (head.body_bytes && *head.body_bytes != asked.size_bytes)
        return {Answer::later, ErrorCode::corrupt,
                fmt::format("answers with {} bytes of \"{}\" instead of {}", *head.body_bytes,
                            head.content_type, asked.size_bytes)};
    return {Answer::whole, {}, {}};
}

Judgement judge_rest(const HttpHead& head, const Asked& asked) {
    const auto start_over = [](std::string why) {
        return Judgement{Answer::start_over, ErrorCode::retry_later, std::move(why)};
    };
    if (asked.first_byte == 0) return {Answer::skip, ErrorCode::refused, "answers with a part, unasked"};
    if (head.range_first != asked.first_byte)
        return start_over(
            fmt::format("answers with another range than asked for (byte {} on)", asked.first_byte));
    if (head.range_total && *head.range_total != asked.size_bytes)
        return start_over(fmt::format("has {} bytes instead of {}", *head.range_total, asked.size_bytes));
    if (head.body_bytes && *head.body_bytes != asked.size_bytes - asked.first_byte)
        return start_over(fmt::format("answers with {} bytes instead of the missing {}", *head.body_bytes,
                                      asked.size_bytes - asked.first_byte));
    if (!asked.etag.empty() && !head.etag.empty() && head.etag != asked.etag)
        return start_over("has another file now (ETag changed)");
    return {Answer::rest, {}, {}};
}

Judgement judge_failure(int status) {
    const auto why = fmt::format("answers with HTTP status {}", status);
    switch (status) {
        case 401:
        case 407:
            return {Answer::skip, ErrorCode::permission, why};
        case 403:  // object stores say this for what does not exist
        case 404:
        case 410:
            return {Answer::skip, ErrorCode::not_found, why};
        case 408:
        case 425:
        case 429:
            return {Answer::later, ErrorCode::retry_later, why};
        default:
            break;
    }
    if (status >= 500) return {Answer::later, ErrorCode::retry_later, why};
    return {Answer::skip, ErrorCode::refused, why};
}

}  // namespace

Judgement judge(const HttpHead& head, const Asked& asked) {
    if (head.status == 200) return judge_whole(head, asked);
    if (head.status == 206) return judge_rest(head, asked);
    if (head.status == 416 && asked.first_byte > 0)
        return {Answer::start_over, ErrorCode::retry_later, "has no such range (HTTP status 416)"};
    return judge_failure(head.status);
}

}  // namespace update
