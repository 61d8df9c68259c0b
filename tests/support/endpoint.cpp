#include "support/endpoint.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <sys/wait.h>

#include "ipc/message.hpp"
#include "journal/journal.hpp"
#include "os/files.hpp"
#include "os/ipc_client.hpp"

namespace update::test {

namespace fs = std::filesystem;
namespace {

const std::string key = "endpoint-key-0123456789";

/// Short enough for tests, long enough for a loaded machine with sanitizers.
Overrides short_deadlines() {
    return {{"transfer.connect_timeout", R"("2s")"},
            {"transfer.stall_timeout", R"("2s")"},
            {"transfer.attempts", "3"},
            {"transfer.backoff_first", R"("10ms")"},
            {"transfer.backoff_max", R"("50ms")"},
            {"trial.ready_timeout", R"("3s")"},
            {"trial.ack_timeout", R"("5s")"},
            {"trial.self_test_timeout", R"("3s")"},
            {"trial.renew_timeout", R"("5s")"},
            {"supervision.backoff_first", R"("50ms")"},
            {"supervision.backoff_max", R"("500ms")"},
            {"supervision.budget", "50"},
            {"supervision.interval", R"("5s")"}};
}

std::string quoted(const std::string& text) { return '"' + text + '"'; }

std::string as_toml(const Overrides& values, const std::string& programs) {
    std::map<std::string, std::string> tables;  // the one without a name comes first
    for (const auto& [dotted, value] : values) {
        const auto dot = dotted.rfind('.');
        const bool top = dot == std::string::npos;
        tables[top ? "" : dotted.substr(0, dot)] +=
            (top ? dotted : dotted.substr(dot + 1)) + " = " + value + "\n";
    }
    std::string text = tables[""] + programs;
    for (const auto& [table, lines] : tables)
        if (!table.empty()) text += "[" + table + "]\n" + lines;
    return text;
}

std::vector<std::string> paths_below(const fs::path& folder) {
    std::vector<std::string> paths;
    std::error_code ignored;
    for (const auto& entry : fs::recursive_directory_iterator{folder, ignored})
        paths.push_back(fs::relative(entry.path(), folder).string());
    std::ranges::sort(paths);
    return paths;
}

/// The part of the state folder that is not about one update.
bool is_lasting(const std::string& path) {
    static const std::vector<std::string> names{"journal.a",   "journal.b",  "journal.lock", "history.jsonl",
                                                "policy.json", "state.json", "run",          "updates",
                                                "outcomes",    "trust"};
    return std::ranges::find(names, path) != names.end() || path.starts_with("run/") ||
           path.starts_with("outcomes/") || path.starts_with("trust/");
}

}  // namespace

fs::path built_version(const std::string& name) { return fs::path{VERSIONS} / name; }
Item agent_item(const std::string& name) { return {.source = built_version(name)}; }
Item watchdog_item(const std::string& name) {
    return {.role = Role::watchdog, .install_path = "bin/watchdog", .source = built_version(name)};
}

Endpoint::Endpoint(Server& server, const Overrides& overrides, const std::string& agent_id)
    : server_{server}, agent_id_{agent_id} {
    server_.enrol(agent_id_, key);
    fs::create_directories(install_root() / "bin");
    fs::copy_file(built_version("agent-1.0"), install_root() / "bin/agent");
    fs::copy_file(built_version("watchdog-1.0"), install_root() / "bin/watchdog");
    write_file(folder() / "key", key);
    fs::permissions(folder() / "key", fs::perms::owner_read | fs::perms::owner_write);
    configure(overrides);
    installed_at_first_ = paths_below(install_root());
}
Endpoint::~Endpoint() = default;

void Endpoint::install(const std::string& path, const std::string& content, unsigned mode) {
    fs::create_directories((install_root() / path).parent_path());
    write_file(install_root() / path, content);
    fs::permissions(install_root() / path, static_cast<fs::perms>(mode));
    installed_at_first_ = paths_below(install_root());
}

void Endpoint::configure(const Overrides& overrides) {
    Overrides values = short_deadlines();
    values["install_root"] = quoted(install_root());
    values["state_dir"] = quoted(state_dir());
    values["watchdog_path"] = quoted("bin/watchdog");
    values["server_url"] = quoted(server_.wss());
    values["agent_id"] = quoted(agent_id_);
    values["key_file"] = quoted(folder() / "key");
    values["transfer.ca_file"] = quoted(server_.ca_file());
    values["trust.root"] = quoted(server_.root_file());
    values["trust.repositories"] =
        fmt::format("[{{metadata = \"{0}/metadata\", targets = \"{0}/targets\"}}]", server_.https());
    std::string programs = fmt::format(
        "[[programs]]\nname = \"agent\"\npath = \"bin/agent\"\narguments = [\"--config\", {}]\n"
        "stop_timeout = \"5s\"\n",
        quoted(config()));
    for (const auto& [dotted, value] : overrides)
        if (dotted == "more_programs")
            programs += value;
        else
            values[dotted] = value;
    write_file(config(), as_toml(values, programs));
    const auto settings = load_settings(config());
    REQUIRE_MESSAGE(settings.has_value(), (settings ? "" : settings.error().message()));
    settings_ = *settings;
    layout_.emplace(settings_);
}

void Endpoint::await_here(const std::string& what, std::chrono::milliseconds within,
                          const std::function<bool()>& condition) const {
    await(what, within, condition, [this] { return logs(); });
}

std::vector<std::string> Endpoint::command_of(const std::string& program) const {
    std::vector<std::string> words = before_;
    words.insert(words.end(), {install_root() / program, "--config", config()});
    return words;
}

void Endpoint::start_watchdog_only() {
    watchdog_ = std::make_unique<Process>(command_of("bin/watchdog"), folder() / "log");
    await_here("the watchdog answers", 20s, [this] { return !watchdog_version().empty(); });
}
void Endpoint::start_watchdog() {
    start_watchdog_only();
    await_session_of(installed_version());
}
void Endpoint::restart_watchdog() {
    watchdog_->stop();
    start_watchdog();
}
void Endpoint::start_agent() {
    agent_ = std::make_unique<Process>(command_of("bin/agent"), folder() / "log");
    await_session_of(installed_version());
}

pid_t Endpoint::pid_of(Who who) const {
    for (const RunningProcess& process : processes_with(folder().string() + "/")) {
        const auto has = [&](const char* word) { return std::ranges::count(process.command, word) > 0; };
        if (has("--self-test") || has("--version")) continue;
        std::optional<Who> is;
        if (process.command.front().ends_with("/watchdog")) is = Who::watchdog;
        if (process.command.front().ends_with("/agent")) is = Who::agent;
        if (has("--update-helper")) is = Who::helper;
        if (has("--update-guardian")) is = Who::guardian;
        if (is == who) return process.pid;
    }
    return -1;
}

std::string Endpoint::watchdog_version() const {
    const auto reply = ask(layout().watchdog_socket(), ipc::Request{}, 2s);
    return reply && reply->ok ? reply->message : "";
}

std::string Endpoint::publish(const std::string& version, const std::vector<Item>& items,
                              std::uint64_t epoch) {
    std::vector<repository::ArtifactWish> wishes;
    for (const Item& item : items) {
        repository::ArtifactWish wish{item.source, {}};
        wish.artifact.role = item.role;
        wish.artifact.install_path = item.install_path;
        wish.artifact.self_test = item.self_test;
        wishes.push_back(std::move(wish));
    }
    repository::PublishWish wish;
    wish.product = settings_.product;
    wish.version = version;
    wish.epoch = epoch;
    const std::string channel = server_.publish(wish, wishes);
    const auto list = server_.publisher().list(settings_.product, channel);
    REQUIRE(list.has_value());
    for (std::size_t n = 0; n < items.size(); ++n) {
        if (!items[n].tampered) continue;
        ReleaseArtifact artifact = list->releases.front().artifacts.at(n);
        artifact.target = items[n].source.filename();
        const fs::path file = server_.target_file(channel, artifact);
        std::string bytes = read_file(file);
        bytes[bytes.size() / 2] ^= 1;
        fs::permissions(file, fs::perms::owner_write, fs::perm_options::add);
        write_file(file, bytes);
    }
    return channel;
}

std::string Endpoint::offer(const std::string& version, const std::vector<Item>& items) {
    return server_.select(agent_id_, publish(version, items), version, settings_.product);
}

void Endpoint::cancel(const std::string& update_id) {
    ipc::Request request;
    request.type = ipc::Type::cancel;
    request.update_id = update_id;
    const auto reply = ask(layout().watchdog_socket(), request, 5s);
    REQUIRE_MESSAGE((reply && reply->ok), logs());
}

std::optional<Outcome> Endpoint::end_at_server(const std::string& update_id) {
    const nlohmann::json update = server_.update(update_id);
    if (!update.is_object() || !update["outcome"].is_object()) return {};
    const std::string text = update["outcome"].dump();
    const auto outcome = parse_outcome(text);
    REQUIRE_MESSAGE(outcome.has_value(), text);
    return *outcome;
}

Outcome Endpoint::end_of(const std::string& update_id, std::chrono::milliseconds within) {
    std::optional<Outcome> end;
    await_here("the server knows the end of " + update_id, within,
               [&] { return (end = end_at_server(update_id)).has_value(); });
    return *end;
}

Outcome Endpoint::filed_end_of(const std::string& update_id, std::chrono::milliseconds within) {
    const fs::path file = layout().outcome(update_id);
    std::optional<Outcome> end;
    await_here("the end of " + update_id + " lies filed", within, [&] {
        std::error_code missing;  // the agent removes the file as soon as the server has confirmed it
        if (fs::exists(file, missing))
            if (const auto outcome = parse_outcome(read_file(file))) end = *outcome;
        if (!end) end = end_at_server(update_id);
        return end.has_value();
    });
    return *end;
}

void Endpoint::await_state(State state, std::chrono::milliseconds within) {
    await_here(fmt::format("the update is {}", row(state).name), within, [&] {
        const auto now = record();
        return now && now->progress.state == state;
    });
}

void Endpoint::await_session_of(const std::string& version, std::chrono::milliseconds within) {
    await_here("a session of version " + version, within, [&] {
        const nlohmann::json agent = server_.agent(agent_id_);
        return agent.is_object() && agent["connected"] == true && agent["version"] == version;
    });
}

std::optional<Record> Endpoint::record() const {
    const auto files = make_files();
    return Journal{*files, layout()}.load().record;
}

std::string Endpoint::installed_version(const std::string& install_path) const {
    const fs::path output = folder() / "version";
    fs::remove(output);
    Process program{{install_root() / install_path, "--version"}, output};
    REQUIRE(program.wait() == 0);
    std::string version = read_file(output);
    while (version.ends_with('\n')) version.pop_back();
    return version;
}

std::vector<std::string> Endpoint::leftovers(const std::vector<std::string>& expected) const {
    std::vector<std::string> left;
    holds_within(5s, [&] {
        left.clear();
        for (const std::string& path : paths_below(install_root()))
            if (std::ranges::find(installed_at_first_, path) == installed_at_first_.end() &&
                std::ranges::find(expected, path) == expected.end())
                left.push_back("root/" + path);
        for (const std::string& path : paths_below(state_dir()))
            if (!is_lasting(path) && std::ranges::find(expected, path) == expected.end())
                left.push_back("state/" + path);
        return left.empty();
    });
    return left;
}

std::vector<std::string> Endpoint::unconfirmed_outcomes() const { return paths_below(layout().outcomes()); }

std::string Endpoint::logs() const {
    std::string text = "--- programs\n" + read_file(folder() / "log") + "--- history\n" + history();
    if (const auto now = record()) text += "--- journal\n" + to_json(*now) + "\n";
    text += "--- server\n" + server_.log() + "--- files\n";
    for (const std::string& path : paths_below(folder())) text += path + "\n";
    for (const RunningProcess& process : processes_with(folder().string() + "/"))
        text += fmt::format("--- process {}: {}\n", process.pid, fmt::join(process.command, " "));
    return text;
}

}  // namespace update::test
