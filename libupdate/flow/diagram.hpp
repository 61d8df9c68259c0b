#pragma once
#include <string>

namespace update {

/// The chains of states that success leads through, one owner a line: what README.md shows.
std::string flow_sketch();

/// docs/flow.md as a whole: the sketch, every row, and the state diagram in Mermaid's language. A test
/// compares the committed file with it; the program `flow-diagram` prints it.
std::string flow_document();

}  // namespace update
