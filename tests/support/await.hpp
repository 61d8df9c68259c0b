// Waiting for real conditions, with a deadline and words for what was awaited.
#pragma once
#include <chrono>
#include <doctest/doctest.h>
#include <functional>
#include <string>

namespace update::test {

/// Looks every few milliseconds until `condition` holds. @return false when the time is over
bool holds_within(std::chrono::milliseconds, const std::function<bool()>& condition);

/// As above; ends the test case with `what` and the text of `evidence` when it does not hold in time.
void await(
    const std::string& what, std::chrono::milliseconds, const std::function<bool()>& condition,
    const std::function<std::string()>& evidence = [] { return std::string{}; });

}  // namespace update::test
