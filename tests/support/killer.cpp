#include "support/killer.hpp"

#include <array>
#include <charconv>
#include <csignal>
#include <fcntl.h>
#include <fmt/format.h>
#include <fstream>
#include <sys/fanotify.h>
#include <unistd.h>

namespace update::test {
namespace {

using Who = Endpoint::Who;
using Journaled = Killer::Journaled;

std::string text_of(const std::string& path) {
    std::ifstream in{path, std::ios::binary};
    return {std::istreambuf_iterator<char>{in}, {}};
}

bool is(pid_t pid, Who who) {
    const std::string command = text_of(fmt::format("/proc/{}/cmdline", pid));
    const std::string program = command.substr(0, command.find('\0'));
    const auto has = [&](std::string_view word) { return command.find(word) != std::string::npos; };
    if (has("--update-helper")) return who == Who::helper;
    if (has("--update-guardian")) return who == Who::guardian;
    return who == (program.ends_with("/watchdog") ? Who::watchdog : Who::agent);
}

std::string path_of(int fd) {
    std::array<char, 4096> path{};
    const auto length = ::readlink(fmt::format("/proc/self/fd/{}", fd).c_str(), path.data(), path.size() - 1);
    return length > 0 ? std::string(path.data(), static_cast<std::size_t>(length)) : "";
}

/// Generation and state of a journal slot, read with the test's own eyes.
std::optional<Journaled> read_slot(int fd) {
    std::string text(4096, ' ');
    const auto count = ::pread(fd, text.data(), text.size(), 0);
    if (count != static_cast<ssize_t>(text.size()) || !text.starts_with("UPDJ1 ")) return std::nullopt;
    std::uint64_t generation = 0;
    std::from_chars(text.data() + 6, text.data() + text.size(), generation);
    const nlohmann::json record = nlohmann::json::parse(text.substr(text.find('\n')), nullptr, false);
    if (!record.is_object()) return std::nullopt;
    const auto state = state_named(record.value("state", ""));
    if (!state || record.value("filed", false)) return std::nullopt;
    return Journaled{generation, *state, record.value("update", "")};
}

constexpr std::string_view names[] = {"agent", "watchdog", "helper", "guardian"};

}  // namespace

std::string describe(const KillPoint& p) {
    const auto who = [](Who w) { return names[static_cast<int>(w)]; };
    return fmt::format("{} killed at the {} of {}{}", who(p.victim), p.at == At::entry ? "entry" : "end",
                       row(p.state).name,
                       p.victim == p.worker ? "" : fmt::format(" (the {} works)", who(p.worker)));
}

Killer::Killer(const Endpoint& endpoint, KillPoint point, std::function<void()> act)
    : layout_{endpoint.layout()}, point_{point}, act_{std::move(act)} {
    watch_.add(layout_.state_dir());
}

Killer::Killer(const Endpoint& endpoint, KillPoint point, Holds)
    : layout_{endpoint.layout()}, point_{point}, holds_{true} {
    watch_.add(layout_.state_dir());
}

Killer::~Killer() {
    watch_.stop();
    release();
    for (const auto& [name, fd] : slots_) ::close(fd);
}

void Killer::release() {
    if (const int file = held_file_.exchange(-1); file >= 0) watch_.allow(file);
}

/// Opens no file of the state folder itself: it would wait for its own answer.
bool Killer::decide(pid_t opener, int file) {
    const std::string name = std::filesystem::path{path_of(file)}.filename();
    const bool is_slot = name == "journal.a" || name == "journal.b";
    if (is_slot && !slots_.contains(name)) slots_[name] = ::fcntl(file, F_DUPFD_CLOEXEC, 0);
    // What is opened first after the state was journaled is a line for people or, by who takes over, the
    // lock. The slots are opened for the next state; by who takes over for looking, too, but there is no seal
    // yet.
    if (point_.at == At::end && !is_slot) return true;
    const auto now = journaled();
    if (!now || now->state != point_.state || !is(opener, point_.worker)) return true;
    if (point_.at == At::end && point_.state == State::verifying &&
        !std::filesystem::exists(layout_.seals(now->update_id)))
        return true;
    const pid_t victim = point_.victim == point_.worker ? opener : find(point_.victim);
    if (victim <= 1) return true;
    if (act_)
        act_();
    else if (!holds_ && ::kill(victim, SIGKILL) != 0)
        return true;
    if (holds_) held_file_ = file;
    killed_ = victim;
    return !holds_;
}

pid_t Killer::find(Who who) const {
    if (who == Who::agent) {
        const std::string record = text_of(layout_.pid_file("agent"));
        const auto pid = static_cast<pid_t>(std::strtol(record.c_str(), nullptr, 10));
        return pid > 1 && is(pid, who) ? pid : 0;
    }
    const std::string folder = layout_.state_dir().parent_path().string() + "/";
    for (const auto& entry : std::filesystem::directory_iterator{"/proc"}) {
        const auto pid = static_cast<pid_t>(std::strtol(entry.path().filename().c_str(), nullptr, 10));
        if (pid <= 1 || pid == ::getpid() || !is(pid, who)) continue;
        if (text_of(entry.path() / "cmdline").find(folder) != std::string::npos) return pid;
    }
    return 0;
}

std::optional<Killer::Journaled> Killer::journaled() const {
    std::optional<Journaled> newest;
    for (const auto& [name, fd] : slots_)
        if (const auto slot = read_slot(fd); slot && (!newest || slot->generation > newest->generation))
            newest = slot;
    return newest;
}

}  // namespace update::test
