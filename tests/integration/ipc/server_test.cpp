#include "support.hpp"

using namespace update;
using namespace update::test;
using ipc::Type;

namespace {

const Type changes[] = {Type::perform_update, Type::restart_agent, Type::update_config, Type::cancel,
                        Type::roll_back};

IpcServerOptions options_for(const TempFolder& folder) {
    IpcServerOptions options;
    options.socket = folder / "watchdog.sock";
    return options;
}

IpcServerOptions public_options_for(const TempFolder& folder) {
    ::chmod(folder.path().c_str(), 0711);
    IpcServerOptions options = options_for(folder);
    options.socket = folder / "public/watchdog.sock";
    options.visibility = Visibility::public_status;
    return options;
}

mode_t mode_of(const Path& path) {
    struct stat status {};
    REQUIRE(::stat(path.c_str(), &status) == 0);
    return status.st_mode & 07777;
}

}  // namespace

TEST_CASE("a request reaches the handler with the peer's true identity, and its reply the asker") {
    TempFolder folder;
    std::atomic<std::int64_t> pid{0}, uid{-1};
    const ServerThread server{options_for(folder), [&](const ipc::Request& request, const Peer& peer) {
                                  pid = peer.pid;
                                  uid = static_cast<std::int64_t>(peer.uid);
                                  return ipc::accepted("cancelled " + request.update_id);
                              }};
    ipc::Request cancel = request(Type::cancel);
    cancel.update_id = "u-7";
    cancel.pid = 1;
    const auto reply = ask(folder / "watchdog.sock", cancel, plenty);
    REQUIRE(reply.has_value());
    CHECK(reply->message == "cancelled u-7");
    CHECK(pid == ::getpid());
    CHECK(uid == ::geteuid());
}

TEST_CASE("several requests in one write are answered in order") {
    TempFolder folder;
    const ServerThread server{options_for(folder),
                              [](const ipc::Request& r, const Peer&) { return ipc::accepted(r.update_id); }};
    RawClient client{folder / "watchdog.sock"};
    std::string stream;
    for (const char* id : {"a", "b", "c"})
        stream += *ipc::frame(std::string{R"({"v":1,"type":"Cancel","update_id":")"} + id + "\"}");
    REQUIRE(client.send(stream));
    for (const char* id : {"a", "b", "c"}) CHECK(client.reply()->message == id);
}

TEST_CASE("peers of the previous and of the next protocol version are served") {
    TempFolder folder;
    const ServerThread server{options_for(folder), agree};
    RawClient client{folder / "watchdog.sock"};
    for (const char* json :
         {R"({"type":"Ping"})", R"({"v":0,"type":"Ping"})", R"({"v":2,"type":"Ping","hue":[1,{}]})"}) {
        REQUIRE(client.send_json(json));
        CHECK(client.reply()->ok);
    }
}

TEST_CASE(
    "an unknown type, a far version and a malformed message get their word and the connection lives on") {
    TempFolder folder;
    const ServerThread server{options_for(folder), agree};
    RawClient client{folder / "watchdog.sock"};
    REQUIRE(client.send_json(R"({"v":1,"type":"Reboot"})"));
    CHECK(client.reply()->error == "unsupported");
    REQUIRE(client.send_json(R"({"v":3,"type":"Ping"})"));
    CHECK(client.reply()->error == "unsupported");
    REQUIRE(client.send_json(R"({"v":1,"type":)"));
    CHECK(client.reply()->error == "bad-request");
    REQUIRE(client.send_json(R"({"v":1,"type":"Ping"})"));
    CHECK(client.reply()->ok);
}

TEST_CASE("a foreign account may ping and read the status") {
    if (!root_for("a foreign account")) return;
    TempFolder folder;
    const auto options = public_options_for(folder);
    const ServerThread server{options, agree};
    for (const Type type : {Type::ping, Type::status}) {
        // The client trusts root and itself only, and the server is root here.
        CHECK(as_nobody([&] {
                  const auto reply = ask(options.socket, request(type), plenty);
                  return reply && reply->ok ? 0 : 1;
              }) == 0);
    }
}

TEST_CASE("a foreign account may change nothing, and the handler does not learn of the attempt") {
    if (!root_for("a foreign account")) return;
    TempFolder folder;
    const auto options = public_options_for(folder);
    std::atomic<int> handled{0};
    const ServerThread server{options, [&](const ipc::Request&, const Peer&) {
                                  ++handled;
                                  return ipc::accepted();
                              }};
    for (const Type type : changes) {
        CAPTURE(ipc::name(type));
        CHECK(as_nobody([&] {
                  const auto reply = ask(options.socket, request(type), plenty);
                  return reply && reply->error == "permission" ? 0 : 1;
              }) == 0);
    }
    CHECK(handled == 0);
}

TEST_CASE("the owner may change things when the watchdog runs as root for it") {
    if (!root_for("a foreign account")) return;
    TempFolder folder;
    auto options = public_options_for(folder);
    options.owner = nobody;
    const ServerThread server{options, agree};
    CHECK(as_nobody([&] {
              const auto reply = ask(options.socket, request(Type::restart_agent), plenty);
              return reply && reply->ok ? 0 : 1;
          }) == 0);
}

TEST_CASE("an owner-only socket cannot be reached by a foreign account") {
    if (!root_for("a foreign account")) return;
    TempFolder folder;
    ::chmod(folder.path().c_str(), 0711);
    const ServerThread server{options_for(folder), agree};
    CHECK(mode_of(folder / "watchdog.sock") == 0600);
    CHECK(as_nobody([&] {
              const auto reply = ask(folder / "watchdog.sock", request(Type::ping), plenty);
              return !reply && reply.error().code() == ErrorCode::permission ? 0 : 1;
          }) == 0);
}

TEST_CASE("a confirmation counts only from a program that is supervised") {
    TempFolder folder;
    auto options = options_for(folder);
    options.may_confirm = [](const Peer& peer) { return peer.pid == ::getpid(); };
    const ServerThread server{options, agree};
    CHECK(ask(options.socket, request(Type::confirm), plenty)->ok);
    CHECK(in_child([&] {
              const auto reply = ask(options.socket, request(Type::confirm), plenty);
              return reply && reply->error == "permission" ? 0 : 1;
          }) == 0);
}

TEST_CASE("without a rule for confirmations nobody can confirm") {
    TempFolder folder;
    const ServerThread server{options_for(folder), agree};
    CHECK(ask(folder / "watchdog.sock", request(Type::confirm), plenty)->error == "permission");
}

TEST_CASE("a reply that is longer than a frame becomes an error, and the connection lives on") {
    TempFolder folder;
    const ServerThread server{options_for(folder), [](const ipc::Request& r, const Peer&) {
                                  return ipc::accepted(std::string(r.type == Type::status ? 70'000 : 1, 'x'));
                              }};
    CHECK(ask(folder / "watchdog.sock", request(Type::status), plenty)->error == "bug");
    CHECK(ask(folder / "watchdog.sock", request(Type::ping), plenty)->ok);
}

TEST_CASE("a public socket has its own folder that others can pass but not read") {
    TempFolder folder;
    const auto options = public_options_for(folder);
    const ServerThread server{options, agree};
    CHECK(mode_of(options.socket) == 0666);
    CHECK(mode_of(options.socket.parent_path()) == 0711);
}

TEST_CASE("a folder in which others could exchange the socket is refused") {
    TempFolder folder;
    ::chmod(folder.path().c_str(), 0777);
    auto loop = std::move(*EventLoop::create());
    const auto server = IpcServer::open(*loop, options_for(folder), agree);
    REQUIRE_FALSE(server.has_value());
    CHECK(server.error().code() == ErrorCode::refused);
}

TEST_CASE("a folder of another account is refused") {
    if (!root_for("a foreign account")) return;
    TempFolder folder;
    REQUIRE(::chown(folder.path().c_str(), nobody, nobody) == 0);
    auto loop = std::move(*EventLoop::create());
    CHECK(IpcServer::open(*loop, options_for(folder), agree).error().code() == ErrorCode::refused);
}

TEST_CASE("a file that is no socket is not replaced") {
    TempFolder folder;
    REQUIRE(::close(::open((folder / "watchdog.sock").c_str(), O_CREAT | O_WRONLY, 0600)) == 0);
    auto loop = std::move(*EventLoop::create());
    CHECK(IpcServer::open(*loop, options_for(folder), agree).error().code() == ErrorCode::refused);
    CHECK(std::filesystem::exists(folder / "watchdog.sock"));
}

TEST_CASE("a second server is turned away while the first lives") {
    TempFolder folder;
    const ServerThread server{options_for(folder), agree};
    CHECK(in_child([&] {
              auto loop = std::move(*EventLoop::create());
              const auto second = IpcServer::open(*loop, options_for(folder), agree);
              return !second && second.error().code() == ErrorCode::retry_later ? 0 : 1;
          }) == 0);
    CHECK(ask(folder / "watchdog.sock", request(Type::ping), plenty)->ok);
}

TEST_CASE("the socket of a killed server is replaced") {
    TempFolder folder;
    CHECK(in_child([&] {
              auto loop = std::move(*EventLoop::create());
              const auto server = IpcServer::open(*loop, options_for(folder), agree);
              return server ? ::raise(SIGKILL) : 1;
          }) == 128 + SIGKILL);
    CHECK(std::filesystem::exists(folder / "watchdog.sock"));
    const ServerThread server{options_for(folder), agree};
    CHECK(ask(folder / "watchdog.sock", request(Type::ping), plenty)->ok);
}

TEST_CASE("the socket goes with its server") {
    TempFolder folder;
    { const ServerThread server{options_for(folder), agree}; }
    CHECK_FALSE(std::filesystem::exists(folder / "watchdog.sock"));
}

TEST_CASE("a path longer than the system's limit for sockets works") {
    TempFolder folder;
    const Path deep = folder.path() / std::string(120, 'd');
    REQUIRE(std::filesystem::create_directory(deep));
    ::chmod(deep.c_str(), 0700);
    IpcServerOptions options;
    options.socket = deep / "watchdog.sock";
    const ServerThread server{options, agree};
    CHECK(ask(options.socket, request(Type::ping), plenty)->ok);
}
