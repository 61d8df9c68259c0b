// Passes its self-test, and ends with EXIT_CODE at each start before it knows anything of updates.
#include <cstdio>
#include <string_view>

#include "os/safe_start.hpp"
#include "os/service_main.hpp"

int main(int argc, char** argv) {
    update::start_safely(argc, argv);
    return update::run_as_service(argc, argv, [](int count, char** words) {
        if (count > 1 && std::string_view{words[1]} == "--self-test") return std::puts("1.1.0") < 0 ? 1 : 0;
        return EXIT_CODE;
    });
}
