# Header only; scripts/windows-deps links the headers into the sysroot.
if(NOT TARGET tl::expected)
  add_library(tl::expected INTERFACE IMPORTED)
  target_include_directories(tl::expected INTERFACE ${LIBUPDATE_WINDOWS_SYSROOT}/include)
endif()
