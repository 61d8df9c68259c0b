#pragma once
#include <optional>
#include <string>
#include <vector>

#include <update/outcome.hpp>
#include <update/selection.hpp>

namespace update::sim {

/// The control server's rules, as docs/protocol.md has them. It writes before it answers.
class Server {
 public:
    struct Update {
        Selection selection;
        bool adopted = false;  ///< begun on the machine itself
        enum class State : std::uint8_t { offered, completed, ended } state = State::offered;
        std::optional<Ending> ending;
        unsigned told = 0;  ///< times that its outcome changed something here
    };

    bool confirms = true;

    void add(Selection selection) { updates_.push_back({std::move(selection), false, {}, {}, 0}); }
    /// @return the update that this version has completed, or empty
    std::string admit(const std::string& version, const std::string& open_update);
    /// What to offer to an agent.
    std::optional<Selection> offer() const;
    void outcome(const Outcome&);

    /// What a later `restore` goes back to.
    void back_up() { backup_ = updates_; }
    void restore() { updates_ = backup_; }

    const std::vector<Update>& updates() const { return updates_; }
    const std::string& version() const { return version_; }
    bool all_ended() const;

 private:
    Update* find(const std::string& id);

    std::vector<Update> updates_, backup_;
    std::string version_;
};

}  // namespace update::sim
