# Header only; scripts/windows-deps links the headers into the sysroot.
if(NOT TARGET tomlplusplus::tomlplusplus)
  add_library(tomlplusplus::tomlplusplus INTERFACE IMPORTED)
  target_include_directories(tomlplusplus::tomlplusplus INTERFACE ${LIBUPDATE_WINDOWS_SYSROOT}/include)
endif()
