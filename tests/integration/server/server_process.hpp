#pragma once
#include <cstdint>
#include <string>
#include <sys/types.h>
#include <vector>

namespace server_test {

/// A directory below the system's temporary one, gone with its owner.
class Scratch {
 public:
    Scratch();
    ~Scratch();
    Scratch(const Scratch&) = delete;
    Scratch& operator=(const Scratch&) = delete;
    std::string path(const std::string& name) const { return directory_ + "/" + name; }
    void write(const std::string& name, const std::string& content) const;
    std::string read(const std::string& name) const;

 private:
    std::string directory_;
};

inline const std::string admin_token = "0123456789-admin-token";

/// The real control-server program with its own state, artifacts and certificate.
class ServerProcess {
 public:
    explicit ServerProcess(std::vector<std::string> extra_arguments = {});
    ~ServerProcess();
    ServerProcess(const ServerProcess&) = delete;
    ServerProcess& operator=(const ServerProcess&) = delete;

    /// Starts it on the port that it had before, or a free one; returns when it says that it listens.
    void start();
    /// Starts it although it must fail. @return its exit code
    int start_to_fail();
    void kill_hard();
    /// SIGTERM. @return its exit code
    int stop();
    void signal(int number) const;
    /// SIGSTOP; returns when it stands still. SIGCONT lets it go on.
    void freeze() const;

    const Scratch& files() const { return files_; }
    std::string ca_file() const { return files_.path("ca.pem"); }
    std::string https() const { return "https://127.0.0.1:" + std::to_string(port_); }
    std::string wss() const { return "wss://127.0.0.1:" + std::to_string(port_) + "/agent"; }
    std::uint16_t port() const { return port_; }
    std::string log() const { return files_.read("log"); }

 private:
    int launch();
    int wait_exit();

    Scratch files_;
    std::vector<std::string> extra_arguments_;
    std::uint16_t port_ = 0;
    pid_t pid_ = -1;
};

}  // namespace server_test
