#pragma once
#include <functional>
#include <memory>
#include <string_view>

#include <update/settings.hpp>

#include "net/control/alerts_cpprest.hpp"
#include "ports/random.hpp"

/// Where alerts go: the configured server, else the one that was compiled in, as the agent's session.
/// @return `refused` without a usable URL or without a key
update::Result<update::AlertSettings> alert_settings(const update::Settings&);

/// Tells the control server of trouble, best effort. Without a key it says so once and stays silent.
class Alerts {
 public:
    Alerts(const update::Settings&, const std::function<void(std::string_view)>& log);
    void post(std::string_view kind, std::string_view message);

 private:
    std::string agent_id_;
    std::unique_ptr<update::Random> random_;
    std::unique_ptr<update::AlertPoster> poster_;
};
