# cpprestsdk as scripts/windows-deps builds it: users and library must agree on these definitions (that script reads the line).
set(cpprest_defines CPPREST_FORCE_PPLX=1 _NO_ASYNCRTIMP CPPREST_FORCE_HTTP_CLIENT_ASIO CPPREST_FORCE_HTTP_LISTENER_ASIO CPPREST_EXCLUDE_COMPRESSION=1 CPPREST_EXCLUDE_BROTLI=1 BOOST_ALL_NO_LIB BOOST_SYSTEM_STATIC_LINK BOOST_THREAD_USE_LIB BOOST_FILESYSTEM_STATIC_LINK BOOST_CHRONO_STATIC_LINK UNICODE _UNICODE NOMINMAX)
if(NOT TARGET cpprestsdk::cpprest)
  find_package(OpenSSL 3.0 REQUIRED)
  add_library(cpprestsdk::cpprest STATIC IMPORTED)
  set(lib ${LIBUPDATE_WINDOWS_SYSROOT}/lib)
  set_target_properties(cpprestsdk::cpprest PROPERTIES
    IMPORTED_LOCATION ${lib}/libcpprest.a
    INTERFACE_INCLUDE_DIRECTORIES ${lib}/../include
    INTERFACE_COMPILE_DEFINITIONS "${cpprest_defines};_NO_PPLXIMP"
    INTERFACE_COMPILE_OPTIONS -Wa,-mbig-obj)
  foreach(part thread chrono regex random date_time system atomic)
    target_link_libraries(cpprestsdk::cpprest INTERFACE ${lib}/libboost_${part}.a)
  endforeach()
  target_link_libraries(cpprestsdk::cpprest INTERFACE OpenSSL::SSL OpenSSL::Crypto ws2_32 mswsock crypt32 bcrypt winhttp ole32)
endif()
