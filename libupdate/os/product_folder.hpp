// Windows: the folder of a product below C:\ProgramData, where every user may make folders.
#pragma once
#include <update/result.hpp>

#include "ports/files.hpp"

namespace update {

/// Makes the folder where it is missing, and closes it to everybody but the system and administrators, with
/// what will be made in it.
/// @return `refused` for a folder that a stranger has made, with what he may have put there (security rule
/// R1)
Status close_product_folder(const Path&);

}  // namespace update
