# Header only; scripts/windows-deps links the headers into the sysroot.
if(NOT TARGET nlohmann_json::nlohmann_json)
  add_library(nlohmann_json::nlohmann_json INTERFACE IMPORTED)
  target_include_directories(nlohmann_json::nlohmann_json INTERFACE ${LIBUPDATE_WINDOWS_SYSROOT}/include)
endif()
