#pragma once
#include <string>

int watchdog_main(int argc, char** argv, const std::string& version);
