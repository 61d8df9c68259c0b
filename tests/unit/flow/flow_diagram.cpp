// Prints docs/flow.md. Run it after a change of the table.
#include <cstdio>

#include "flow/diagram.hpp"

int main() { return std::fputs(update::flow_document().c_str(), stdout) < 0 ? 1 : 0; }
