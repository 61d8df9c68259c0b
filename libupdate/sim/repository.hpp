// What a publisher signed, as the mirrors of the simulated network serve it.
#pragma once
#include <map>
#include <string>
#include <vector>

#include <update/plan.hpp>

#include "sim/verifier.hpp"

namespace update::sim {

class Repository {
 public:
    static constexpr std::string_view timestamp = "metadata/timestamp.json";

    /// One release per plan. It was published as an empty list before.
    Repository(const std::vector<Plan>& releases, const std::string& channel);

    const std::string& root() const { return root_; }
    /// Of the publication before the newest.
    const std::string& old_timestamp() const { return old_timestamp_; }
    /// @param path  below a mirror, as "metadata/timestamp.json". @return nullptr when there is no such file
    const std::string* find(const std::string& path) const;

    /// What the product has proven of it so far, in all runs.
    mutable std::vector<Proven> proven;

 private:
    void sign(const std::string& file, const std::string& document);
    void add_target(const std::string& name, const std::string& bytes);
    void publish(int version);

    std::string root_, old_timestamp_;
    std::string targets_;  ///< members of "targets"
    std::map<std::string, std::string, std::less<>> files_;
};

}  // namespace update::sim
