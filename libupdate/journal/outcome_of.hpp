#pragma once
#include <update/outcome.hpp>

#include "journal/record.hpp"

namespace update {

/// The outcome that a record in a terminal state stands for.
Outcome outcome_of(const Record&, const Clock&);

}  // namespace update
