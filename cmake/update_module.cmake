# update_module(NAME SOURCES... [NEEDS modules...] [LIBRARIES external targets...])
#
# One folder of libupdate/, one target. NEEDS is the module's whole permission to include other modules:
# scripts/check_includes reads these lines and fails on an include that is not covered by them.
include_guard()
option(UPDATE_WERROR "Warnings are errors" OFF)

add_library(update_options INTERFACE)
target_compile_features(update_options INTERFACE cxx_std_20)
if(MSVC)  # the preset msvc; untested. As cmake/mingw-w64.cmake defines for its compiler.
  target_compile_definitions(update_options INTERFACE _WIN32_WINNT=0x0A00 WINVER=0x0A00 UNICODE _UNICODE NOMINMAX
                             WIN32_LEAN_AND_MEAN)
  target_compile_options(update_options INTERFACE /W4 /permissive- /utf-8 /EHsc /bigobj $<$<BOOL:${UPDATE_WERROR}>:/WX>)
else()
  target_compile_options(update_options INTERFACE -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wno-sign-conversion
                         -Wnon-virtual-dtor -Woverloaded-virtual $<$<BOOL:${UPDATE_WERROR}>:-Werror>)
endif()
# With -O3, g++ 12 sees overlapping copies in "text" + std::string (its bug 105651).
target_compile_options(update_options INTERFACE $<$<AND:$<CXX_COMPILER_ID:GNU>,$<CONFIG:Release>>:-Wno-restrict>)

function(update_module name)
  cmake_parse_arguments(PARSE_ARGV 1 M "" "" "SOURCES;NEEDS;LIBRARIES")
  add_library(update_${name} STATIC ${M_SOURCES})
  add_library(update::${name} ALIAS update_${name})
  set_target_properties(update_${name} PROPERTIES EXPORT_NAME ${name} POSITION_INDEPENDENT_CODE ON)
  target_include_directories(update_${name}
    PUBLIC $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}/include> $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>
    PRIVATE ${PROJECT_SOURCE_DIR}/libupdate)
  target_compile_features(update_${name} PUBLIC cxx_std_20)
  target_link_libraries(update_${name} PRIVATE $<BUILD_INTERFACE:update_options> ${M_LIBRARIES})
  target_link_libraries(update_${name} PUBLIC fmt::fmt tl::expected)
  foreach(need IN LISTS M_NEEDS)
    target_link_libraries(update_${name} PRIVATE update_${need})
  endforeach()
  set_property(GLOBAL APPEND PROPERTY UPDATE_MODULES ${name})
endfunction()

# update_headers(NAME): a module of headers only (ports/: nothing but contracts).
function(update_headers name)
  add_library(update_${name} INTERFACE)
  add_library(update::${name} ALIAS update_${name})
  set_target_properties(update_${name} PROPERTIES EXPORT_NAME ${name})
  set_property(GLOBAL APPEND PROPERTY UPDATE_MODULES ${name})
endfunction()

# update_test(NAME FILE [THREADS] LABEL label LIBRARIES ...): one doctest program, one CTest entry. THREADS: what it
# tests has threads of its own, so it also runs under the thread sanitizer (target thread_tests, label threads).
function(update_test name file)
  cmake_parse_arguments(PARSE_ARGV 2 T "THREADS" "LABEL;TIMEOUT" "LIBRARIES;ARGUMENTS")
  if(T_UNPARSED_ARGUMENTS)
    message(FATAL_ERROR "${name}: a test has one source, these would be left out: ${T_UNPARSED_ARGUMENTS}")
  endif()
  update_program(${name} SOURCES ${file} LIBRARIES ${T_LIBRARIES} update::test_main)
  set_target_properties(${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/tests)
  target_include_directories(${name} PRIVATE ${PROJECT_SOURCE_DIR}/tests)
  add_test(NAME ${name} COMMAND ${name} ${T_ARGUMENTS})
  if(NOT T_LABEL)
    set(T_LABEL unit)
  endif()
  if(NOT T_TIMEOUT)
    set(T_TIMEOUT 300)
  endif()
  if(T_LABEL STREQUAL unit)
    add_dependencies(unit_tests ${name})
  endif()
  if(T_THREADS)
    list(APPEND T_LABEL threads)
    add_dependencies(thread_tests ${name})
  endif()
  set_tests_properties(${name} PROPERTIES LABELS "${T_LABEL}" TIMEOUT ${T_TIMEOUT})
  if(CMAKE_CROSSCOMPILING AND NOT T_LABEL STREQUAL windows)  # those have sessions of their own
    set_tests_properties(${name} PROPERTIES FIXTURES_REQUIRED wine)
  endif()
endfunction()

# update_test_cases(PROGRAM LABEL TIMEOUT PREFIX "short|sentence"...): one CTest entry per test case of a program, for
# those that take a minute each.
function(update_test_cases program label timeout prefix)
  set_target_properties(${program} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/tests)
  foreach(group IN LISTS ARGN)
    string(REPLACE "|" ";" parts "${group}")
    list(GET parts 0 short)
    list(GET parts 1 sentence)
    add_test(NAME ${prefix}_${short} COMMAND ${program} "--test-case=${sentence}")
    set_tests_properties(${prefix}_${short} PROPERTIES LABELS ${label} TIMEOUT ${timeout})
  endforeach()
endfunction()

# update_program(NAME SOURCES... LIBRARIES...): a program that may see the internal headers (apps, tests, examples).
function(update_program name)
  cmake_parse_arguments(PARSE_ARGV 1 P "" "" "SOURCES;LIBRARIES")
  add_executable(${name} ${P_SOURCES})
  target_include_directories(${name} PRIVATE ${PROJECT_SOURCE_DIR}/libupdate)
  target_link_libraries(${name} PRIVATE update_options ${P_LIBRARIES})
  # A library that a program links but does not call costs its start 1 ms and its memory 2 to 3 MiB (cpprest).
  target_link_options(${name} PRIVATE $<$<PLATFORM_ID:Linux>:LINKER:--as-needed>)
endfunction()
