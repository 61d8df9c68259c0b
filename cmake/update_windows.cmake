# update_windows_resource(TARGET VERSION DESCRIPTION): version resource and manifest of a program. Nothing elsewhere.
include_guard()
if(WIN32)
  enable_language(RC)
endif()

function(update_windows_resource program version description)
  if(NOT WIN32)
    return()
  endif()
  # Windows counts in four numbers; what a version says behind them stands in its text.
  string(REGEX MATCHALL "[0-9]+" parts "${version}")
  list(APPEND parts 0 0 0 0)
  list(SUBLIST parts 0 4 parts)
  list(JOIN parts "," numbers)
  set(manifest ${PROJECT_SOURCE_DIR}/packaging/windows/program.manifest)
  configure_file(${PROJECT_SOURCE_DIR}/packaging/windows/program.rc.in ${CMAKE_CURRENT_BINARY_DIR}/${program}.rc @ONLY)
  target_sources(${program} PRIVATE ${CMAKE_CURRENT_BINARY_DIR}/${program}.rc)
  if(MSVC)  # whose linker would add a second manifest of the same number
    target_link_options(${program} PRIVATE /MANIFEST:NO)
  endif()
endfunction()
