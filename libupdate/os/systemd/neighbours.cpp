#include "os/process_names.hpp"
#include "os/systemd/manager.hpp"
#include "os/systemd/systemd.hpp"

namespace update::systemd {
namespace {

std::string unit_of(const std::string& name) {
    return name.find('.') == std::string::npos ? name + ".service" : name;
}

class MachineNeighbours final : public Neighbours {
 public:
    Result<bool> process_runs(const std::string& name) override { return process_named(name); }
    Result<NeighbourService> service(const std::string& name) override {
        UPDATE_TRY(state, manager_.state(unit_of(name)), name);
        UPDATE_CHECK(check_loaded(state, unit_of(name)), "service");
        return NeighbourService{is_up(state) || is_waiting_for_restart(state),
                                is_held(state, StoppedBy::others)};
    }
    Status start_service(const std::string& name) override {
        UPDATE_CHECK(manager_.reset_failed(unit_of(name)), name);  // our budget counts the starts
        return manager_.start(unit_of(name));
    }

 private:
    SystemdManager manager_;
};

}  // namespace

std::unique_ptr<Neighbours> make_neighbours() { return std::make_unique<MachineNeighbours>(); }

}  // namespace update::systemd
