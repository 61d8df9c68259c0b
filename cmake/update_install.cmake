# Installation for embedders: find_package(update) gives update::update.
include_guard()
