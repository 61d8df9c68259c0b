// What every C function shares: checked pointers, errors as numbers with a text beside them, nothing thrown.
#pragma once
#include <exception>
#include <string>

#include <update/result.hpp>
#include <update/update.h>

namespace update::c {

update_result failed(const Error&);

/// Runs the body of a C function, which returns a Status.
template <class Body>
update_result call(Body&& body) noexcept {
    try {
        const Status status = body();
        return status ? UPDATE_OK : failed(status.error());
    } catch (const std::exception& e) {  // memory, mostly; C has nowhere to throw to
        return failed(Error{ErrorCode::bug, e.what()});
    }
}

/// @return `bug` when one of the pointers that a function needs is null
template <class... Pointers>
Status all_given(const char* function, Pointers... pointers) {
    for (const void* const pointer : {static_cast<const void*>(pointers)...})
        if (pointer == nullptr)
            return Error{ErrorCode::bug, std::string{function} + ": an argument is a null pointer"};
    return done();
}

/// A copy for the caller, who frees it.
Status give(const std::string& text, char** to);

}  // namespace update::c
