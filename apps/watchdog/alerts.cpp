#include "alerts.hpp"

#include <fmt/format.h>

#include "key_file.hpp"
#include "os/clock.hpp"
#include "os/random.hpp"
#include "session/codec.hpp"
#include "session/endpoints.hpp"

using namespace update;

Result<AlertSettings> alert_settings(const Settings& settings) {
    const std::string server = settings.server_url.empty() ? UPDATE_DEFAULT_SERVER_URL : settings.server_url;
    AlertSettings alert;
    UPDATE_TRY(url, session::alerts_url(server), "server_url");
    alert.url = url;
    alert.ca_file = settings.transfer.ca_file;
    alert.proxy = session::proxy_for(server, settings.transfer.proxy, session::ProxyEnvironment::read());
    const std::string key = read_key(settings);
    if (key.empty()) return Error{ErrorCode::refused, "key_file is not configured, or has no key"};
    alert.key = session::Secret{key};
    return alert;
}

Alerts::Alerts(const Settings& settings, const std::function<void(std::string_view)>& log)
    : agent_id_{settings.agent_id}, random_{make_random()} {
    auto alert = alert_settings(settings);
    auto poster = alert ? AlertPoster::create(*alert, *random_)
                        : Result<std::unique_ptr<AlertPoster>>{std::move(alert).error()};
    if (poster)
        poster_ = std::move(*poster);
    else
        log(fmt::format("no alerts: {}", poster.error().message()));
}

void Alerts::post(std::string_view kind, std::string_view message) {
    if (!poster_) return;
    const session::Alert alert{agent_id_, std::string{kind}, std::string{message},
                               make_clock()->wall().time_since_epoch().count()};
    if (auto json = session::encode_alert(alert)) poster_->post(*json);
}
