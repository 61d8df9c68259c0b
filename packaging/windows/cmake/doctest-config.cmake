# Header only; scripts/windows-deps links the headers into the sysroot.
if(NOT TARGET doctest::doctest)
  add_library(doctest::doctest INTERFACE IMPORTED)
  target_include_directories(doctest::doctest INTERFACE ${LIBUPDATE_WINDOWS_SYSROOT}/include)
endif()
