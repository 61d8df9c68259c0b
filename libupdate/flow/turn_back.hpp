#pragma once
#include "flow/table.hpp"

namespace update {

/// Where an update goes that has entered `entered` by `by` but could not journal it. While the old version is
/// untouched, it turns back; once it is on the way back or the new version runs, it goes on towards a running
/// agent: the steps look first, so an outdated journal costs time, not safety.
State without_journal(State entered, Event by);

/// Where an update goes whose plan cannot be read: what is safe without knowing its files.
State without_plan(State);

}  // namespace update
