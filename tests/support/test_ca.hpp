// A certificate authority that lives as long as a test.
#pragma once
#include <string>

#include "support/temp_folder.hpp"

namespace update::test {

/// Makes a CA and a server certificate of it for 127.0.0.1 (not for "localhost") in a temporary folder,
/// removed at the end.
class TestCa {
 public:
    TestCa();

    std::string ca_file() const { return (folder_.path() / "ca.pem").string(); }
    std::string certificate_file() const { return (folder_.path() / "server.pem").string(); }
    std::string key_file() const { return (folder_.path() / "server.key").string(); }

 private:
    TempFolder folder_;
};

}  // namespace update::test
