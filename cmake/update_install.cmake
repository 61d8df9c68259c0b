# Installation for embedders: find_package(update) gives update::update.
include_guard()
include(CMakePackageConfigHelpers)
option(UPDATE_INSTALL "Create the install target" ${PROJECT_IS_TOP_LEVEL})
if(NOT UPDATE_INSTALL)
  return()
endif()

# Static archives hold no other archives, so every module goes along; their headers stay private. update::control has
# no public header: it serves the programs of this repository.
get_property(modules GLOBAL PROPERTY UPDATE_MODULES)
list(REMOVE_ITEM modules control)
list(TRANSFORM modules PREPEND update_)
install(TARGETS ${modules} EXPORT update ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR} LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR})
install(DIRECTORY ${PROJECT_SOURCE_DIR}/include/update DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})

set(package ${CMAKE_INSTALL_LIBDIR}/cmake/update)
install(EXPORT update FILE update-targets.cmake NAMESPACE update:: DESTINATION ${package})
write_basic_package_version_file(${PROJECT_BINARY_DIR}/update-config-version.cmake COMPATIBILITY SameMinorVersion)
configure_file(${PROJECT_SOURCE_DIR}/cmake/update-config.cmake ${PROJECT_BINARY_DIR}/update-config.cmake @ONLY)
install(FILES ${PROJECT_BINARY_DIR}/update-config.cmake ${PROJECT_BINARY_DIR}/update-config-version.cmake
        DESTINATION ${package})

# For those who build without CMake.
configure_file(${PROJECT_SOURCE_DIR}/cmake/update_c.pc.in update_c.pc @ONLY)
install(FILES ${PROJECT_BINARY_DIR}/update_c.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)

foreach(program agent watchdog updatectl)
  if(TARGET ${program})
    install(TARGETS ${program} RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
  endif()
endforeach()
if(UPDATE_BUILD_APPS)
  file(GLOB pages CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/docs/man/*.[1-9])
  foreach(page IN LISTS pages)
    string(REGEX MATCH "[1-9]$" section ${page})
    install(FILES ${page} DESTINATION ${CMAKE_INSTALL_MANDIR}/man${section})
  endforeach()
endif()
