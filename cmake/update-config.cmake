# What the static archives of update::update are linked with. cpprestsdk is not among it.
include(CMakeFindDependencyMacro)
find_dependency(Threads)
find_dependency(fmt 9)
find_dependency(tl-expected 1.0)
find_dependency(nlohmann_json 3.11)
find_dependency(tomlplusplus 3.3)
find_dependency(ZLIB 1.2)
find_dependency(CURL)  # 7.88 or later
find_dependency(OpenSSL 3.0)
find_dependency(Boost 1.74 COMPONENTS filesystem)
include(${CMAKE_CURRENT_LIST_DIR}/update-targets.cmake)
