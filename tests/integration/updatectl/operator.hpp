// Somebody at the command line of an endpoint.
#pragma once
#include <memory>
#include <string>
#include <vector>

#include "support/endpoint.hpp"

namespace update::test {

struct Answer {
    int code = -1;
    std::string output;           ///< standard output and error
    nlohmann::json json() const;  ///< of its last line; discarded when that is none
};

/// The real updatectl with the endpoint's configuration.
class Operator {
 public:
    explicit Operator(Endpoint& endpoint) : endpoint_{endpoint} {}

    static std::filesystem::path program() { return UPDATECTL; }
    Answer run(std::vector<std::string> arguments);
    /// Begins it; `end` waits for it.
    void begin(std::vector<std::string> arguments);
    Process& process() { return *process_; }
    Answer end();

    /// `apply` of one built version, signed and published for it.
    std::vector<std::string> apply(const std::string& version, const std::string& version_name) const;
    std::vector<std::string> apply_without_self_test(const std::string& version,
                                                     const std::string& version_name) const;

 private:
    Endpoint& endpoint_;
    std::unique_ptr<Process> process_;
    std::filesystem::path output_;
    int runs_ = 0;
};

bool contains(const std::string& text, const std::string& part);
/// One line per file, folder and link below `folder`: path, mode, content.
std::string tree_of(const std::filesystem::path& folder);

/// No control server is needed to commit, and the last version is kept.
inline const Overrides on_ready{{"trial.commit_on", R"("ready")"}, {"policy.keep_previous", "1"}};
/// Local files may be installed.
inline const Overrides unsigned_{
    {"trust.mode", R"("unsigned")"}, {"trial.commit_on", R"("ready")"}, {"policy.keep_previous", "1"}};
/// 16 MiB take this many seconds and more: time enough to look, and to cancel.
inline const Overrides slow{{"transfer.rate_limit", R"("512KiB/s")"}, {"trial.commit_on", R"("ready")"}};

}  // namespace update::test
