# Windows x64 programs with mingw-w64 (the posix thread model, for std::thread), run under Wine by CTest. The libraries
# come from scripts/windows-deps, which builds them with this file too.
set(CMAKE_SYSTEM_NAME Windows)
set(CMAKE_SYSTEM_PROCESSOR x86_64)
set(triplet x86_64-w64-mingw32)
set(CMAKE_C_COMPILER ${triplet}-gcc-posix)
set(CMAKE_CXX_COMPILER ${triplet}-g++-posix)
set(CMAKE_RC_COMPILER ${triplet}-windres)
if(DEFINED ENV{LIBUPDATE_WINDOWS_SYSROOT})
  set(sysroot $ENV{LIBUPDATE_WINDOWS_SYSROOT})
else()
  execute_process(COMMAND ${CMAKE_CURRENT_LIST_DIR}/../scripts/windows-deps --print OUTPUT_VARIABLE sysroot
                  OUTPUT_STRIP_TRAILING_WHITESPACE COMMAND_ERROR_IS_FATAL ANY)
endif()
set(LIBUPDATE_WINDOWS_SYSROOT ${sysroot})
execute_process(COMMAND ${CMAKE_CURRENT_LIST_DIR}/../scripts/windows-sqlite --print OUTPUT_VARIABLE sqlite
                OUTPUT_STRIP_TRAILING_WHITESPACE COMMAND_ERROR_IS_FATAL ANY)
get_filename_component(packages ${CMAKE_CURRENT_LIST_DIR}/../packaging/windows ABSOLUTE)
set(CMAKE_FIND_ROOT_PATH /usr/${triplet} ${sysroot} ${sqlite} ${packages})
set(CMAKE_PREFIX_PATH ${sysroot} ${sqlite} ${packages})
set(CMAKE_FIND_ROOT_PATH_MODE_PROGRAM NEVER)
set(CMAKE_FIND_ROOT_PATH_MODE_LIBRARY ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_INCLUDE ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_PACKAGE ONLY)
set(CMAKE_CROSSCOMPILING_EMULATOR ${CMAKE_CURRENT_LIST_DIR}/../scripts/wine)
# Windows 10 is the oldest that counts. mingw's own printf is the one that knows C99.
add_compile_definitions(_WIN32_WINNT=0x0A00 WINVER=0x0A00 UNICODE _UNICODE NOMINMAX WIN32_LEAN_AND_MEAN __USE_MINGW_ANSI_STDIO=1)
# No DLL beside the program that somebody could put in another's place: the runtime is part of it.
set(CMAKE_EXE_LINKER_FLAGS_INIT "-static -static-libgcc -static-libstdc++")
set(CMAKE_SHARED_LINKER_FLAGS_INIT "-static -static-libgcc -static-libstdc++")
set(OPENSSL_USE_STATIC_LIBS ON)
set(Boost_USE_STATIC_LIBS ON)
