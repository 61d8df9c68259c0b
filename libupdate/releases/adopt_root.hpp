#pragma once
#include <string>
#include <vector>

#include <update/settings.hpp>

#include "trust/local_store.hpp"
#include "trust/trusted_set.hpp"

namespace update {

/// The root.json that trust begins with.
/// @return a classed error (trust/trouble.hpp) when none is configured, or others may write to it
Result<std::string> shipped_root(Files&, const TrustSettings&);

/// The kept roots that follow the shipped one without a gap, each signed by the one before: what is above a
/// gap, or what somebody put there, is not among them.
Result<std::vector<std::string>> roots_after(Cryptography&, trust::LocalStore&, const std::string& shipped);

/// Makes the store trust nothing but what follows from the shipped root. What follows from it is kept.
Status adopt_root(Cryptography&, trust::LocalStore&, const std::string& shipped);

}  // namespace update
