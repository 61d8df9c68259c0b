#pragma once
#include <functional>
#include <memory>
#include <string_view>

#include <update/settings.hpp>

#include "net/control/alerts_cpprest.hpp"
#include "ports/random.hpp"

/// Tells the control server of trouble, best effort. Without a server URL or key it says so once and stays
/// silent.
class Alerts {
 public:
    Alerts(const update::Settings&, const std::function<void(std::string_view)>& log);
    void post(std::string_view kind, std::string_view message);

 private:
    std::string agent_id_;
    std::unique_ptr<update::Random> random_;
    std::unique_ptr<update::AlertPoster> poster_;
};
