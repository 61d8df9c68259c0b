// A certificate authority that lives as long as a test.
#pragma once
#include <filesystem>
#include <string>

namespace update::test {

/// Makes a CA and a server certificate of it for 127.0.0.1 (not for "localhost") in a temporary folder,
/// removed at the end.
class TestCa {
 public:
    TestCa();
    ~TestCa();
    TestCa(const TestCa&) = delete;
    TestCa& operator=(const TestCa&) = delete;

    std::string ca_file() const { return folder_ / "ca.pem"; }
    std::string certificate_file() const { return folder_ / "server.pem"; }
    std::string key_file() const { return folder_ / "server.key"; }

 private:
    std::filesystem::path folder_;
};

}  // namespace update::test
