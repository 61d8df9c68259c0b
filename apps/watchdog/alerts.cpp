#include "alerts.hpp"

#include <fmt/format.h>
#include <fstream>

#include "os/clock.hpp"
#include "os/random.hpp"
#include "session/codec.hpp"
#include "session/endpoints.hpp"

using namespace update;

namespace {

std::string first_line(const std::filesystem::path& path) {
    std::ifstream file{path};
    std::string line;
    std::getline(file, line);
    return line;
}

Result<std::unique_ptr<AlertPoster>> open_poster(const Settings& settings, Random& random) {
    AlertSettings alert;
    UPDATE_TRY(url, session::alerts_url(settings.server_url), "server_url");
    alert.url = url;
    alert.ca_file = settings.transfer.ca_file;
    alert.key = session::Secret{first_line(settings.key_file)};
    return AlertPoster::create(alert, random);
}

}  // namespace

Alerts::Alerts(const Settings& settings, const std::function<void(std::string_view)>& log)
    : agent_id_{settings.agent_id}, random_{make_random()} {
    auto poster = open_poster(settings, *random_);
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
