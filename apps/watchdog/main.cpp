#include "net/control/end_process.hpp"
#include "watchdog_main.hpp"

int main(int argc, char** argv) { update::end_process(watchdog_main(argc, argv, WATCHDOG_VERSION)); }
