# Header only; scripts/windows-deps links the headers into the sysroot.
if(NOT TARGET CLI11::CLI11)
  add_library(CLI11::CLI11 INTERFACE IMPORTED)
  target_include_directories(CLI11::CLI11 INTERFACE ${LIBUPDATE_WINDOWS_SYSROOT}/include)
endif()
