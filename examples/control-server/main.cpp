// The reference control server: sessions, selections, outcomes, alerts, and a folder of signed
// releases. See docs/protocol.md.
#include <CLI/CLI.hpp>
#include <filesystem>
#include <fstream>

#include "certificate.hpp"
#include "listener.hpp"
#include "log.hpp"
#include "system.hpp"

namespace {

using namespace control;

struct Options {
    std::string listen = "127.0.0.1:0", certificate, key, state, repository, admin_token_file, port_file;
    bool older_protocol = false;
    int heartbeat_seconds = 30;
    std::string certificate_directory;
    std::vector<std::string> names;
};

void describe(CLI::App& app, Options& options) {
    app.add_option("--listen", options.listen, "IP:PORT; port 0 takes a free one")->capture_default_str();
    app.add_option("--cert", options.certificate, "server certificate (PEM)");
    app.add_option("--key", options.key, "its private key (PEM)");
    app.add_option("--state", options.state, "directory of the database");
    app.add_option("--repository", options.repository,
                   "folder with metadata/ and targets/, as `updatectl repo` publishes it");
    app.add_option("--admin-token-file", options.admin_token_file,
                   "file with the operator's token (16 characters or more)");
    app.add_option("--port-file", options.port_file, "write the port here when ready");
    app.add_option("--heartbeat-seconds", options.heartbeat_seconds, "what agents are told")
        ->check(CLI::Range(1, 86'400))
        ->capture_default_str();
    app.add_flag("--older-protocol", options.older_protocol,
                 "behave like a server from before update_confirmed (compatibility aid)");
    auto* make = app.add_subcommand("make-certificate",
                                    "write ca.pem, server.pem and server.key for tests and small sites");
    make->add_option("--out", options.certificate_directory, "directory")->required();
    make->add_option("--name", options.names, "DNS name or IP address, repeatable")->required();
    app.footer(
        "Example:\n  control-server make-certificate --out tls --name 127.0.0.1\n"
        "  control-server --listen 127.0.0.1:8443 --cert tls/server.pem --key tls/server.key \\\n"
        "      --state state --repository releases/public --admin-token-file token");
}

Status check(const Options& options) {
    const std::pair<const char*, const std::string&> needed[] = {
        {"--cert", options.certificate},
        {"--key", options.key},
        {"--state", options.state},
        {"--repository", options.repository},
        {"--admin-token-file", options.admin_token_file}};
    for (const auto& [name, value] : needed)
        if (value.empty()) return Error{ErrorCode::refused, std::string{name} + " is missing; see --help"};
    if (!std::filesystem::is_directory(options.repository))
        return Error{ErrorCode::refused, "--repository: not a directory: " + options.repository};
    return update::done();
}

Result<ListenSettings> listen_settings(const Options& options) {
    const auto colon = options.listen.rfind(':');
    ListenSettings settings;
    settings.certificate_file = options.certificate;
    settings.key_file = options.key;
    settings.host = options.listen.substr(0, colon);
    if (settings.host.starts_with('[') && settings.host.ends_with(']'))
        settings.host = settings.host.substr(1, settings.host.size() - 2);
    const std::string port = colon == std::string::npos ? "" : options.listen.substr(colon + 1);
    if (!CLI::detail::lexical_cast(port, settings.port))
        return Error{ErrorCode::refused, "--listen: IP:PORT is needed, not " + options.listen};
    return settings;
}

Result<std::string> read_token(const std::string& path) {
    std::ifstream file{path};
    std::string token;
    std::getline(file, token);
    if (!file.is_open()) return Error{ErrorCode::not_found, "--admin-token-file: cannot read " + path};
    if (token.size() < 16)
        return Error{ErrorCode::refused, "--admin-token-file: 16 characters or more are needed"};
    return token;
}

Status announce(const Options& options, const std::string& host, std::uint16_t port) {
    if (!options.port_file.empty()) {
        const std::string temporary = options.port_file + ".new";
        std::ofstream file{temporary};
        file << port << "\n";
        file.close();
        std::error_code failed;
        if (file) std::filesystem::rename(temporary, options.port_file, failed);
        if (!file || failed)
            return Error{ErrorCode::permission, "--port-file: cannot write " + options.port_file};
    }
    const bool v6 = host.find(':') != std::string::npos;
    fmt::print("listening on {}{}{}:{}\n", v6 ? "[" : "", host, v6 ? "]" : "", port);
    std::fflush(stdout);
    return update::done();
}

Status run(const Options& options) {
    UPDATE_TRY(settings, listen_settings(options), "command line");
    UPDATE_TRY(token, read_token(options.admin_token_file), "command line");
    UPDATE_TRY(store, Store::open(options.state), "start");
    Fleet fleet{*store, {options.older_protocol, std::chrono::seconds{options.heartbeat_seconds}}};
    Api api{*store, fleet, token};
    Artifacts artifacts{options.repository};
    return serve(settings, fleet, api, artifacts,
                 [&](std::uint16_t port) { return announce(options, settings.host, port); });
}

int fail(const update::Error& error, int code) {
    log("control-server: {}", error.message());
    return code;
}

}  // namespace

int main(int argc, char** argv) {
    prepare_process();
    CLI::App app{"Reference control server for agents that update themselves with libupdate"};
    Options options;
    describe(app, options);
    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& e) {
        return app.exit(e) == 0 ? 0 : 2;
    }
    if (app.got_subcommand("make-certificate")) {
        const Status made = make_certificate(options.certificate_directory, options.names);
        return made ? 0 : fail(made.error(), 1);
    }
    if (const Status usable = check(options); !usable) return fail(usable.error(), 2);
    try {
        const Status ended = run(options);
        return ended ? 0 : fail(ended.error(), 1);
    } catch (const std::exception& e) {  // Boost.Asio reports what its code forms cannot
        return fail({ErrorCode::bug, e.what()}, 1);
    }
}
