#pragma once
#include <update/outcome.hpp>

#include "layout/layout.hpp"
#include "ports/files.hpp"

namespace update {

/// An endpoint without a server, or whose server does not come back, keeps the newest of them. Nobody updates
/// a machine so often while its server is away.
inline constexpr std::size_t max_kept_outcomes = 256;

/// Writes the outcome to its file in layout.outcomes(), for the server; the oldest ones beyond
/// max_kept_outcomes go. Durable when it returns. What could not be removed is removed the next time.
Status write_outcome(Files&, const Layout&, const Outcome&);

}  // namespace update
