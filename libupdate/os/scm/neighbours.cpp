#include "os/process_names.hpp"
#include "os/scm/manager.hpp"
#include "os/service_manager.hpp"

namespace update::service_manager {
namespace {

class MachineNeighbours final : public Neighbours {
 public:
    Result<bool> process_runs(const std::string& name) override { return process_named(name); }
    Result<NeighbourService> service(const std::string& name) override {
        UPDATE_TRY(state, manager_.state(name), name);
        return NeighbourService{!is_down(state), is_held(state, ScmStop::by_others)};
    }
    Status start_service(const std::string& name) override { return manager_.start(name); }

 private:
    ScmManager manager_;
};

}  // namespace

std::unique_ptr<Neighbours> make_neighbours() { return std::make_unique<MachineNeighbours>(); }

}  // namespace update::service_manager
