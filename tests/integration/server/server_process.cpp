#include "server_process.hpp"

#include <chrono>
#include <csignal>
#include <cstdlib>
#include <doctest/doctest.h>
#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <poll.h>
#include <sstream>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

namespace server_test {
namespace {

/// @param standard_output  -1: that of the test
pid_t spawn(std::vector<std::string> arguments, int standard_output, const std::string& log) {
    std::vector<char*> raw;
    for (std::string& argument : arguments) raw.push_back(argument.data());
    raw.push_back(nullptr);
    const pid_t pid = ::fork();
    if (pid != 0) return pid;
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);  // nothing is left behind when the test dies
    if (standard_output >= 0) ::dup2(standard_output, 1);
    const int log_file = ::open(log.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    ::dup2(log_file, 2);
    ::execv(raw[0], raw.data());
    ::_exit(127);
}

std::string read_line(int descriptor, std::chrono::seconds patience) {
    const auto deadline = std::chrono::steady_clock::now() + patience;
    std::string line;
    for (;;) {
        const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(
            deadline - std::chrono::steady_clock::now());
        pollfd ready{descriptor, POLLIN, 0};
        char c = 0;
        if (left.count() <= 0 || ::poll(&ready, 1, static_cast<int>(left.count())) <= 0) return line;
        if (::read(descriptor, &c, 1) != 1 || c == '\n') return line;
        line += c;
    }
}

}  // namespace

Scratch::Scratch() {
    std::string name = (std::filesystem::temp_directory_path() / "control-server-test-XXXXXX").string();
    REQUIRE(::mkdtemp(name.data()) != nullptr);
    directory_ = name;
}
Scratch::~Scratch() {
    std::error_code ignored;
    std::filesystem::remove_all(directory_, ignored);
}
void Scratch::write(const std::string& name, const std::string& content) const {
    std::ofstream file{path(name), std::ios::binary};
    file << content;
    file.close();
    REQUIRE(file.good());
}
std::string Scratch::read(const std::string& name) const {
    std::ifstream file{path(name), std::ios::binary};
    std::ostringstream content;
    content << file.rdbuf();
    return content.str();
}

ServerProcess::ServerProcess(std::vector<std::string> extra_arguments)
    : extra_arguments_{std::move(extra_arguments)} {
    files_.write("token", admin_token + "\n");
    std::filesystem::create_directories(files_.path("repository/metadata"));
    std::filesystem::create_directories(files_.path("repository/targets/agent"));
    const pid_t maker =
        spawn({CONTROL_SERVER, "make-certificate", "--out", files_.path(""), "--name", "127.0.0.1"}, -1,
              files_.path("log"));
    int status = -1;
    REQUIRE(::waitpid(maker, &status, 0) == maker);
    REQUIRE(status == 0);
    start();
}

ServerProcess::~ServerProcess() {
    if (pid_ > 0) kill_hard();
}

int ServerProcess::launch() {
    int ends[2];
    REQUIRE(::pipe2(ends, O_CLOEXEC) == 0);
    std::vector<std::string> arguments{CONTROL_SERVER,
                                       "--listen",
                                       "127.0.0.1:" + std::to_string(port_),
                                       "--cert",
                                       files_.path("server.pem"),
                                       "--key",
                                       files_.path("server.key"),
                                       "--state",
                                       files_.path("state"),
                                       "--repository",
                                       files_.path("repository"),
                                       "--admin-token-file",
                                       files_.path("token")};
    arguments.insert(arguments.end(), extra_arguments_.begin(), extra_arguments_.end());
    pid_ = spawn(arguments, ends[1], files_.path("log"));
    ::close(ends[1]);
    return ends[0];
}

void ServerProcess::start() {
    const int output = launch();
    const std::string line = read_line(output, std::chrono::seconds{30});
    ::close(output);
    REQUIRE_MESSAGE(line.starts_with("listening on 127.0.0.1:"), line << " / " << log());
    port_ = static_cast<std::uint16_t>(std::stoi(line.substr(line.rfind(':') + 1)));
}

int ServerProcess::start_to_fail() {
    ::close(launch());
    return wait_exit();
}

int ServerProcess::wait_exit() {
    int status = 0;
    REQUIRE(::waitpid(pid_, &status, 0) == pid_);
    pid_ = -1;
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

void ServerProcess::signal(int number) const { REQUIRE(::kill(pid_, number) == 0); }
void ServerProcess::freeze() const {
    signal(SIGSTOP);
    int status = 0;
    REQUIRE(::waitpid(pid_, &status, WUNTRACED) == pid_);
    REQUIRE(WIFSTOPPED(status));
}
void ServerProcess::kill_hard() {
    ::kill(pid_, SIGKILL);
    int status = 0;
    ::waitpid(pid_, &status, 0);
    pid_ = -1;
}
int ServerProcess::stop() {
    signal(SIGTERM);
    return wait_exit();
}

}  // namespace server_test
