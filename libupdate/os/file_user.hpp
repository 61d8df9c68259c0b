// Private to os/, Windows: who has a file open.
#pragma once
#include <string>

#include <update/result.hpp>

namespace update {

/// Asks the Restart Manager and adds the first process that has `full` open to the error: its name and number
/// to the text, its number to the evidence. Where it does not know, the error stays as it is.
Error name_the_user(Error, const std::wstring& full);

}  // namespace update
