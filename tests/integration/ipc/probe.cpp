// A supervised program that tells how it finds itself: "probe FILE" writes facts, one a line, and waits to be
// ended.
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <sys/stat.h>
#include <unistd.h>

extern char** environ;

namespace {

int count_descriptors() {
    int count = 0;
    for (int fd = 0; fd < 1024; ++fd) {
        struct stat status {};
        count += ::fstat(fd, &status) == 0 ? 1 : 0;
    }
    return count;
}

bool signals_are_default() {
    sigset_t blocked;
    ::sigprocmask(SIG_BLOCK, nullptr, &blocked);
    for (const int signal : {SIGTERM, SIGINT, SIGHUP, SIGPIPE, SIGUSR1, SIGCHLD}) {
        struct sigaction action {};
        ::sigaction(signal, nullptr, &action);
        if (::sigismember(&blocked, signal) == 1 || action.sa_handler != SIG_DFL) return false;
    }
    return true;
}

}  // namespace

int main(int count, char** arguments) {
    if (count != 2) return 64;
    const std::filesystem::path result{arguments[1]};
    const std::filesystem::path unfinished{result.string() + ".unfinished"};
    {
        std::ofstream out{unfinished};
        out << "descriptors " << count_descriptors() - 1 << "\n";  // the one that is being written
        out << "session leader " << (::getsid(0) == ::getpid()) << "\n";
        out << "group leader " << (::getpgrp() == ::getpid()) << "\n";
        out << "default signals " << signals_are_default() << "\n";
        out << "folder " << std::filesystem::current_path().string() << "\n";
        for (char** variable = environ; *variable != nullptr; ++variable) out << "env " << *variable << "\n";
    }
    std::filesystem::rename(unfinished, result);
    ::pause();
}
