#pragma once
#include <update/outcome.hpp>

#include "journal/record.hpp"

namespace update {

/// The outcome that a record in a terminal state stands for: the same each time, so that a server which hears
/// it twice hears nothing new.
Outcome outcome_of(const Record&);

}  // namespace update
