#include "trust/trouble.hpp"

#include <array>

namespace update::trust {
namespace {

struct Row {
    std::string_view name, advice;
    ErrorCode code;
};
constexpr std::array<Row, 9> rows{{
    {"none", "", ErrorCode::bug},
    {"unreachable", "check the network and the repository's address", ErrorCode::retry_later},
    {"stale-mirror", "wait for the mirror, or use another", ErrorCode::retry_later},
    {"expired", "the publisher must sign again: updatectl repo resign", ErrorCode::refused},
    {"clock-suspect", "set this machine's clock", ErrorCode::refused},
    {"rollback", "report it to the publisher: signed metadata went backwards", ErrorCode::corrupt},
    {"tampered", "report it to the publisher: this is not what was signed", ErrorCode::corrupt},
    {"not-listed", "ask for another name", ErrorCode::not_found},
    {"local", "see the message", ErrorCode::refused},
}};
const Row& row(Trouble trouble) { return rows[static_cast<std::size_t>(trouble)]; }

class Category final : public std::error_category {
 public:
    const char* name() const noexcept override { return "trust"; }
    std::string message(int value) const override {
        return std::string{update::trust::name(static_cast<Trouble>(value))};
    }
};
const Category category;

}  // namespace

std::string_view name(Trouble trouble) { return row(trouble).name; }
std::string_view advice(Trouble trouble) { return row(trouble).advice; }

Error trouble(Trouble trouble, std::string what) {
    return {row(trouble).code, std::move(what), {static_cast<int>(trouble), category}};
}

bool is_trouble(const Error& error) { return error.os() && error.os().category() == category; }

Trouble trouble_of(const Error& error) {
    if (is_trouble(error)) return static_cast<Trouble>(error.os().value());
    return Trouble::local;
}

}  // namespace update::trust
