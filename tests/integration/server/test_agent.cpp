#include "test_agent.hpp"

namespace server_test {

namespace {
constexpr std::chrono::seconds patience{10};
}

TestAgent::TestAgent(const ServerProcess& server)
    : server_{server},
      link_{{[this](const std::string& text) { arrived(text); },
             [this](std::string reason) { closed(std::move(reason)); }}} {}

void TestAgent::connect() {
    {
        const std::lock_guard lock{mutex_};
        closed_.reset();
        messages_.clear();
    }
    const auto connected = link_.connect(server_.wss(), server_.ca_file());
    REQUIRE_MESSAGE(connected.has_value(), connected.error().message());
}

void TestAgent::send(const session::Message& message) {
    const auto text = session::encode(message);
    REQUIRE(text.has_value());
    const auto sent = link_.send(*text);
    REQUIRE_MESSAGE(sent.has_value(), sent.error().message());
}

session::AuthAck TestAgent::log_in(const session::Auth& who) {
    connect();
    send(who);
    return next<session::AuthAck>();
}

std::optional<session::Message> TestAgent::take() {
    std::unique_lock lock{mutex_};
    if (!changed_.wait_for(lock, patience, [&] { return !messages_.empty(); })) return std::nullopt;
    session::Message message = std::move(messages_.front());
    messages_.pop_front();
    return message;
}

std::optional<std::string> TestAgent::wait_closed() {
    std::unique_lock lock{mutex_};
    changed_.wait_for(lock, patience, [&] { return closed_.has_value(); });
    return closed_;
}

bool TestAgent::was_told_of_the_end() {
    const std::lock_guard lock{mutex_};
    return closed_.has_value();
}

void TestAgent::arrived(const std::string& text) {
    auto message = session::decode(text);
    if (!message) return;
    if (on_arrival) on_arrival(*message);
    const std::lock_guard lock{mutex_};
    messages_.push_back(std::move(*message));
    changed_.notify_all();
}

void TestAgent::closed(std::string reason) {
    const std::lock_guard lock{mutex_};
    closed_ = std::move(reason);
    changed_.notify_all();
}

session::Auth auth(const std::string& agent_id, const std::string& key, const std::string& version,
                   const std::string& open_update) {
    session::Auth who;
    who.agent_id = agent_id;
    who.key = session::Secret{key};
    who.version = version;
    who.build_id = agent_id + "-" + version;
    who.open_update = open_update;
    return who;
}

}  // namespace server_test
