#include "releases/refusal.hpp"

#include <fmt/format.h>

#include "trust/trouble.hpp"

namespace update {

Refusal refusal_of(const Error& error) {
    if (trust::is_trouble(error)) {
        const auto trouble = trust::trouble_of(error);
        return {Reason::untrusted,
                fmt::format("{}: {}; {}", trust::name(trouble), error.message(), trust::advice(trouble))};
    }
    switch (error.code()) {
        case ErrorCode::not_found:
            return {Reason::untrusted, error.message()};
        case ErrorCode::cancelled:
            return {Reason::cancelled, error.message()};
        case ErrorCode::refused:
            return {Reason::refused, error.message()};
        default:  // not the time, or the own disk: the same selection may do later
            return {Reason::io_failed, error.message(), true};
    }
}

}  // namespace update
