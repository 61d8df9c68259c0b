// For the Windows twins: Windows passes one text to a program, which takes it apart by itself.
#pragma once
#include <string>
#include <vector>

namespace update {

/// One text from which CommandLineToArgvW and the C runtime make these arguments again. Not for programs that
/// read it in their own way, of which cmd.exe is one.
std::string command_line(const std::vector<std::string>& arguments);

}  // namespace update
