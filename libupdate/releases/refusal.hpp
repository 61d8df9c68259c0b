#pragma once
#include <string>

#include <update/outcome.hpp>

namespace update {

/// What an error of choosing or verifying a release means for the update.
struct Refusal {
    Reason reason = Reason::refused;
    std::string message;   ///< with the class and the cure, where signatures are the trouble
    bool for_now = false;  ///< it may do later, as it is: nobody is told that it ended
};
Refusal refusal_of(const Error&);

}  // namespace update
