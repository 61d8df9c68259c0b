#include "sim/server.hpp"

#include <algorithm>

namespace update::sim {

using State = Server::Update::State;

Server::Update* Server::find(const std::string& id) {
    const auto found = std::ranges::find(updates_, id, [](const Update& u) { return u.selection.update_id; });
    return found == updates_.end() ? nullptr : &*found;
}

std::string Server::admit(const std::string& version, const std::string& open_update) {
    version_ = version;
    if (open_update.empty() || !confirms) return {};
    Update* update = find(open_update);
    if (update == nullptr) {  // begun on the machine itself
        updates_.push_back({{open_update, "", "", version}, true, State::completed, {}, 0});
        return open_update;
    }
    if (update->selection.version != version) return {};
    if (update->state == State::ended) return update->ending == Ending::committed ? open_update : "";
    update->state = State::completed;
    return open_update;
}

std::optional<Selection> Server::offer() const {
    const auto open = std::ranges::find_if(
        updates_, [](const Update& u) { return u.state == State::offered && !u.adopted; });
    return open == updates_.end() ? std::nullopt : std::optional{open->selection};
}

void Server::outcome(const Outcome& outcome) {
    Update* update = find(outcome.update_id);
    if (update == nullptr) {
        updates_.push_back({{outcome.update_id, "", "", outcome.to_version}, true, State::offered, {}, 0});
        update = &updates_.back();
    }
    if (update->state == State::ended && update->ending == outcome.ending) return;
    update->state = State::ended;
    update->ending = outcome.ending;
    ++update->told;
}

bool Server::all_ended() const {
    return std::ranges::all_of(updates_, [](const Update& u) { return u.state == State::ended; });
}

}  // namespace update::sim
