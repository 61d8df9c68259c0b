#include "watchdog_main.hpp"

int main(int argc, char** argv) { return watchdog_main(argc, argv, WATCHDOG_VERSION); }
