#include <doctest/doctest.h>
#include <string>

#include <update/update.h>

TEST_CASE("a missing settings file is an error that names the file") {
    int exit_code = 7;
    const char* const argv[] = {"agent"};
    CHECK(update_run_as_helper("/nowhere/update.toml", 1, argv, &exit_code) == UPDATE_NOT_FOUND);
    CHECK(std::string{update_last_error()}.find("/nowhere/update.toml") != std::string::npos);
}

TEST_CASE("a null pointer is the caller's bug and is told so") {
    int exit_code = 0;
    CHECK(update_resume(nullptr, &exit_code) == UPDATE_BUG);
    CHECK(std::string{update_last_error()}.find("update_resume") != std::string::npos);
    update_close(nullptr);
    update_free(nullptr);
}

TEST_CASE("hooks without their size are refused") {
    update_hooks hooks{};
    update_updater* updater = nullptr;
    CHECK(update_open("/nowhere/update.toml", "1.0.0", nullptr, &hooks, &updater) == UPDATE_BUG);
    CHECK(updater == nullptr);
}
