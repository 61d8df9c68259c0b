// helper MODE [ARGUMENT...]: a process that the tests can hold, ask and kill.
#include <cstdio>
#include <cstdlib>
#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <set>
#include <string>
#include <sys/stat.h>
#include <unistd.h>

#include "os/handshake.hpp"
#include "os/locks.hpp"
#include "os/processes.hpp"

namespace {

using Arguments = std::vector<std::string>;

void say(const std::string& line) {
    std::puts(line.c_str());
    std::fflush(stdout);
}
int stay() {
    for (;;) ::pause();
}

/// Open descriptors, without the one that reads the list.
std::string descriptors() {
    std::set<int> numbers;
    for (int fd = 0; fd < 256; ++fd) {
        if (::fcntl(fd, F_GETFD) != -1) numbers.insert(fd);
    }
    std::string text;
    for (int fd : numbers) text += std::to_string(fd) + " ";
    return text;
}

int lock(const Arguments& arguments) {
    const auto lock = update::make_locks()->try_lock(arguments.at(0));
    say(lock ? "locked" : lock.error().message());
    return stay();
}
int try_lock(const Arguments& arguments) { return update::make_locks()->try_lock(arguments.at(0)) ? 0 : 1; }

int lock_and_fork(const Arguments& arguments) {
    const auto lock = update::make_locks()->try_lock(arguments.at(0));
    const auto child = ::fork();
    if (child == 0) return stay();
    say(std::to_string(child));
    return stay();
}

void write_facts(const std::string& file) {
    std::ofstream{file} << "pid " << ::getpid() << "\ngroup " << ::getpgrp() << "\nsession " << ::getsid(0)
                        << "\nparent " << ::getppid() << "\nvariable "
                        << (std::getenv(update::handshake_variable) != nullptr) << "\ndescriptors "
                        << descriptors() << "\n";
}

int answer(const Arguments& arguments) {
    if (!update::answer_handshake()) return 1;
    write_facts(arguments.at(0) + ".part");
    std::filesystem::rename(arguments.at(0) + ".part", arguments.at(0));
    return stay();
}
int keep_silent(const Arguments& arguments) {
    write_facts(arguments.at(0));
    return stay();
}
int lie(const Arguments& arguments) {
    write_facts(arguments.at(0));
    const std::string line = "alive 1234567890\n";
    (void)!::write(std::stoi(std::getenv(update::handshake_variable)), line.data(), line.size());
    return stay();
}

/// break_away with "answer", then stays so that it can be killed with its group.
int start(const Arguments& arguments) {
    const auto id = update::make_processes()->break_away({arguments.at(0), {"answer", arguments.at(1)}},
                                                         std::chrono::milliseconds{20'000});
    say(id ? std::to_string(id->pid) : id.error().message());
    return stay();
}

int show(const Arguments&) {
    char byte = 0;
    const bool input_ended = ::read(STDIN_FILENO, &byte, 1) == 0;
    say("descriptors " + descriptors());
    say(std::string{"own group "} + (::getpgrp() == ::getpid() ? "yes" : "no"));
    say(std::string{"input ended "} + (input_ended ? "yes" : "no"));
    say("folder " + std::filesystem::current_path().string());
    return 0;
}

}  // namespace

int main(int argc, char** argv) {
    if (argc < 2) return 2;
    const std::string mode = argv[1];
    const Arguments arguments{argv + 2, argv + argc};
    if (mode == "lock") return lock(arguments);
    if (mode == "try-lock") return try_lock(arguments);
    if (mode == "lock-and-fork") return lock_and_fork(arguments);
    if (mode == "answer") return answer(arguments);
    if (mode == "keep-silent") return keep_silent(arguments);
    if (mode == "lie") return lie(arguments);
    if (mode == "die") return 3;
    if (mode == "start") return start(arguments);
    if (mode == "show") return show(arguments);
    return 2;
}
