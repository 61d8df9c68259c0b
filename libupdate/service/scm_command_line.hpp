// Command lines as Windows takes them apart (CommandLineToArgvW, and CreateProcess for the program). Pure.
#pragma once
#include <string>
#include <string_view>
#include <vector>

namespace update {

/// Each word in quotes that Windows gives back unchanged; the program in quotes in any case: an unquoted path
/// with spaces lets whoever can write C:\Program.exe be started in its place.
std::string windows_command_line(const std::vector<std::string>& words);
/// The first word is the program: it ends at its quote, or at the first white space, and knows no escapes.
std::vector<std::string> words_of_command_line(std::string_view line);

/// "C:\Program Files\a.exe -x": a space in the path of a program that is not quoted.
bool is_ambiguous(std::string_view line);
/// The same with its program, up to ".exe", in quotes.
std::string without_ambiguity(std::string_view line);
/// The same program with the same arguments. Paths of programs are compared as Windows does for ASCII
/// letters, with either slash; arguments exactly.
bool same_command(std::string_view left, std::string_view right);
bool same_program(std::string_view left, std::string_view right);

}  // namespace update
