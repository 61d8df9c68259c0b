#pragma once

namespace update {

/// Limits cpprestsdk's process-wide thread pool to two threads (it would start 40). Idempotent; call before
/// any other use of cpprestsdk. Without effect when the embedding program has started the pool itself.
void limit_cpprest_threads();

}  // namespace update
