#include "net/control/session_cpprest.hpp"

#define _TURN_OFF_PLATFORM_STRING
#include <condition_variable>
#include <cpprest/ws_client.h>
#include <mutex>
#include <optional>
#include <pplx/threadpool.h>
#include <thread>

#include "net/control/cpprest_threads.hpp"
#include "net/control/handler_gate.hpp"
#include "net/control/web_proxy.hpp"
#include "session/messages.hpp"

namespace update {

void limit_cpprest_threads() {
    static std::once_flag once;
    std::call_once(once, [] {
        try {
            crossplat::threadpool::initialize_with_threads(2);
        } catch (const std::exception&) {
            // The embedding program has started the pool already: its choice stands.
        }
    });
}

namespace {

namespace ws = web::websockets::client;
using Client = ws::websocket_callback_client;
using std::chrono::milliseconds;

using EventPtr = std::shared_ptr<Event>;

/// A pplx task that ends with an exception which nobody looks at terminates the process: every task passes
/// here.
void when_done(const pplx::task<void>& task, EventPtr event) {
    task.then([event = std::move(event)](const pplx::task<void>& ended) {
        try {
            ended.get();
            event->set();
        } catch (const std::exception& e) {
            event->set(std::string{"failed: "} + e.what());
        }
    });
}

struct Connection {
    std::shared_ptr<Client> client;
    std::uint64_t generation = 0;
    EventPtr connected = std::make_shared<Event>();
};

/// Ends a connection on a thread of its own, because the destructor of cpprestsdk's client waits for the
/// peer. websocketpp bounds each step (5 s for connecting, for the handshakes and for closing), so the thread
/// ends too.
EventPtr bury(Connection connection) {
    auto gone = std::make_shared<Event>();
    const milliseconds patience = std::chrono::minutes{2};
    auto work = [connection, gone, patience]() mutable {
        connection.connected->wait(patience);  // closing has no effect on a client that still connects
        auto closed = std::make_shared<Event>();
        try {
            when_done(connection.client->close(), closed);
            closed->wait(patience);
        } catch (const std::exception&) {
            // It cannot be closed any more: dropping it is what is left.
        }
        connection.client.reset();
        gone->set();
    };
    try {
        std::thread{std::move(work)}.detach();
    } catch (const std::system_error&) {
        gone->set("no thread for closing");
    }
    return gone;
}

Status check_ca_file(const std::string& ca_file) {
    if (ca_file.empty()) return done();
    boost::asio::ssl::context context{boost::asio::ssl::context::tls_client};
    boost::system::error_code failed;
    context.load_verify_file(ca_file, failed);
    if (failed) return Error{ErrorCode::refused, "CA file " + ca_file + ": " + failed.message()};
    return done();
}

ws::websocket_client_config configure(const std::string& ca_file,
                                      const std::optional<session::Proxy>& proxy) {
    ws::websocket_client_config config;
    config.set_proxy(web_proxy(proxy));
    config.set_ssl_context_callback([ca_file](boost::asio::ssl::context& context) {
        using Context = boost::asio::ssl::context;
        boost::system::error_code
            failed;  // checked before by check_ca_file; if it vanished, the handshake fails
        context.set_options(Context::no_sslv2 | Context::no_sslv3 | Context::no_tlsv1 | Context::no_tlsv1_1,
                            failed);
        if (!ca_file.empty()) context.load_verify_file(ca_file, failed);
    });
    return config;
}

void receive(const std::shared_ptr<HandlerGate>& gate, const std::weak_ptr<Client>& client,
             std::uint64_t generation, const ws::websocket_incoming_message& message) {
    if (message.message_type() != ws::websocket_message_type::text_message) return;
    std::string text;
    try {
        text = message.extract_string().get();
    } catch (const std::exception&) {
        return;  // not a text after all: nothing that the protocol knows
    }
    if (text.size() <= session::message_max_bytes) return gate->message(generation, std::move(text));
    if (const auto open = client.lock())
        when_done(open->close(ws::websocket_close_status::too_large), std::make_shared<Event>());
}

}  // namespace

class ControlLink::Impl {
 public:
    explicit Impl(Handlers handlers) : gate_{std::make_shared<HandlerGate>(std::move(handlers))} {}

    Status connect(const std::string& url, const std::string& ca_file, milliseconds timeout,
                   const std::optional<session::Proxy>& proxy) {
        if (!url.starts_with("wss://")) return Error{ErrorCode::refused, "only wss:// is allowed"};
        UPDATE_CHECK(check_ca_file(ca_file), "connect");
        limit_cpprest_threads();
        Connection connection;
        try {
            UPDATE_CHECK(start(url, configure(ca_file, proxy), connection), "connect");
        } catch (const std::exception& e) {
            connection.connected->set("failed");
            abandon();
            return Error{ErrorCode::retry_later, std::string{"connect: "} + e.what()};
        }
        constexpr milliseconds slice{50};  // how soon a `close` by another thread ends this wait
        const auto deadline = std::chrono::steady_clock::now() + timeout;
        while (!connection.connected->wait(slice)) {
            if (!gate_->is_open(connection.generation))
                return Error{ErrorCode::cancelled, "connect: closed meanwhile"};
            if (std::chrono::steady_clock::now() < deadline) continue;
            abandon();
            return Error{ErrorCode::timed_out, "connect: no answer in time"};
        }
        if (const std::string error = connection.connected->error(); !error.empty()) {
            abandon();
            return Error{ErrorCode::retry_later, "connect: " + error};
        }
        return done();
    }

    Status send(const std::string& text) {
        if (text.empty() || text.size() > session::message_max_bytes)
            return Error{ErrorCode::refused, "send: message is empty or longer than 256 KiB"};
        std::shared_ptr<Client> client;
        {
            const std::lock_guard lock{mutex_};
            if (connection_ && gate_->is_open(connection_->generation)) client = connection_->client;
        }
        if (!client) return Error{ErrorCode::retry_later, "send: not connected"};
        try {
            ws::websocket_outgoing_message message;
            message.set_utf8_message(text);
            when_done(client->send(message), std::make_shared<Event>());
        } catch (const std::exception& e) {
            return Error{ErrorCode::retry_later, std::string{"send: "} + e.what()};
        }
        return done();
    }

    Status close(milliseconds timeout) {
        const auto deadline = std::chrono::steady_clock::now() + timeout;
        const EventPtr gone = abandon();
        if (gate_->inside()) return done();
        if (!gate_->wait_quiet(timeout)) return Error{ErrorCode::timed_out, "close: a handler still runs"};
        if (!gone) return done();
        const auto left =
            std::chrono::duration_cast<milliseconds>(deadline - std::chrono::steady_clock::now());
        if (!gone->wait(std::max(left, milliseconds{0})))
            return Error{ErrorCode::timed_out, "close: the peer did not answer in time"};
        return done();
    }

 private:
    Status start(const std::string& url, const ws::websocket_client_config& config, Connection& connection) {
        const web::uri uri{utility::conversions::to_string_t(url)};
        const std::lock_guard lock{mutex_};
        if (connection_ && gate_->is_open(connection_->generation))
            return Error{ErrorCode::bug, "already connected"};
        if (connection_) bury(std::move(*connection_));
        connection_.reset();
        connection.client = std::make_shared<Client>(config);
        connection.generation = gate_->open();
        connection.client->set_message_handler(
            [gate = gate_, client = std::weak_ptr{connection.client},
             generation = connection.generation](const ws::websocket_incoming_message& message) {
                receive(gate, client, generation, message);
            });
        const auto ends = std::make_shared<Ends>();
        connection.client->set_close_handler([gate = gate_, ends, generation = connection.generation](
                                                 ws::websocket_close_status, const utility::string_t& text,
                                                 const std::error_code& error) {
            if (const auto reason =
                    ends->closed(text.empty() ? error.message() : utility::conversions::to_utf8string(text)))
                gate->closed(generation, *reason);
        });
        connection_ = connection;
        when_done(
            connection.client->connect(uri).then([gate = gate_, ends, generation = connection.generation] {
                if (const auto reason = ends->connected()) gate->closed(generation, *reason);
            }),
            connection.connected);
        return done();
    }

    /// From here on no handler starts. @return set when the connection has ended; null when there was none.
    EventPtr abandon() {
        const std::lock_guard lock{mutex_};
        gate_->shut();
        if (!connection_) return nullptr;
        EventPtr gone = bury(std::move(*connection_));
        connection_.reset();
        return gone;
    }

    const std::shared_ptr<HandlerGate> gate_;
    std::mutex mutex_;
    std::optional<Connection> connection_;
};

ControlLink::ControlLink(Handlers handlers) : impl_{std::make_unique<Impl>(std::move(handlers))} {}
ControlLink::~ControlLink() { (void)impl_->close(std::chrono::seconds{2}); }
Status ControlLink::connect(const std::string& url, const std::string& ca_file, milliseconds timeout,
                            const std::optional<session::Proxy>& proxy) {
    return impl_->connect(url, ca_file, timeout, proxy);
}
Status ControlLink::send(const std::string& text) { return impl_->send(text); }
Status ControlLink::close(milliseconds timeout) { return impl_->close(timeout); }

}  // namespace update
