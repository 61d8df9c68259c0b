// Where everything lies on disk. Pure: from (settings, update id), nothing looked up.
//
//   <state_dir>/                     0700, ours
//     journal.a journal.b            the durable record, two generations
//     journal.lock                   held by whoever may act
//     history.jsonl                  for people; recovery never reads it
//     policy.json                    quarantine and attempts per version, security epoch, used permits
//     trust/                         signed metadata as it was fetched last, and its rollback floor
//       committed                  the security epoch and used permits once more
//       lists/                       the release lists that belong to it
//     state.json                     version and server URL, written at every agent start
//     outcomes/<update id>.json      kept until the server has confirmed it
//     asides                         artifacts beside which something still lies that stepped aside (Windows)
//     cancel                         update id that somebody wants cancelled
//     roll-back                      update id under which the watchdog promised to roll back
//     run/<program>.pid              who runs, written before the program's first instruction
//     run/<program>.held             there: an administrator wants it stopped
//     run/<program>.stopped          there: an update or the watchdog stopped the service, not an
//     administrator run/<program>.lock             held by the operating system while somebody starts or
//     stops it run/watchdog.sock run/helper.sock   (the former in runtime_dir, where that is configured)
//     previous/                      the previous version, when policy keeps it
//     updates/<update id>/           everything of one update; gone at its end
//       plan.json backups.json seals.json
//       vouchers.json                the signed files that vouch for the plan
//       <n>.partial                  artifact n while it is downloaded
//   <install root>/<folder>/.update-<update id>/   beside the files to replace, so that a rename is atomic
//       <n>.new  <n>.old             staged artifact n, backup of what it replaces
//   <install root>/<folder>/<file>.old   what ran while it was replaced or removed, on Windows; see Files
//   <install root>/<folder of the agent>/.guard-<agent>   service mode: a second name of a version that
//   proved itself
#pragma once
#include <cstddef>
#include <string>

#include <update/plan.hpp>
#include <update/settings.hpp>

namespace update {

using Path = std::filesystem::path;

class Layout {
 public:
    Layout(Path state_dir, Path install_root, Path runtime_dir = {})
        : state_{std::move(state_dir)}, root_{std::move(install_root)}, runtime_{std::move(runtime_dir)} {}
    explicit Layout(const Settings& s) : Layout{s.state_dir, s.install_root, s.runtime_dir} {}

    const Path& state_dir() const { return state_; }
    const Path& install_root() const { return root_; }
    Path journal_slot(unsigned n) const { return state_ / (n == 0 ? "journal.a" : "journal.b"); }
    Path journal_lock() const { return state_ / "journal.lock"; }
    Path history() const { return state_ / "history.jsonl"; }
    Path policy() const { return state_ / "policy.json"; }
    Path trust() const { return state_ / "trust"; }
    Path committed() const { return trust() / "committed"; }
    Path release_lists() const { return trust() / "lists"; }
    Path state_file() const { return state_ / "state.json"; }
    Path outcomes() const { return state_ / "outcomes"; }
    Path outcome(const std::string& update_id) const { return outcomes() / (update_id + ".json"); }
    /// Names the update that somebody wants cancelled; whoever owns it looks between its steps.
    Path cancel_request() const { return state_ / "cancel"; }
    /// A roll-back to the kept version that the watchdog accepted: the id that it goes by. Whichever watchdog
    /// finds it carries it out, and once only, since an update that has ended is not begun again.
    Path roll_back_request() const { return state_ / "roll-back"; }
    Path run() const { return state_ / "run"; }
    Path pid_file(const std::string& program) const { return run() / (program + ".pid"); }
    /// Held by the running watchdog for its whole life.
    Path watchdog_lock() const { return run() / "watchdog.lock"; }
    /// Held by the guardian while a watchdog becomes its new version: none may answer for a moment, yet there
    /// is one.
    Path guardian_lock() const { return run() / "guardian.lock"; }
    Path held_file(const std::string& program) const { return run() / (program + ".held"); }
    Path stopped_file(const std::string& program) const { return run() / (program + ".stopped"); }
    Path start_lock(const std::string& program) const { return run() / (program + ".lock"); }
    /// The program that counts the starts of a new version before they happen.
    Path guard(const ProgramSettings& agent) const {
        const Path image = root_ / agent.path;
        return image.parent_path() / (".guard-" + image.filename().string());
    }
    Path watchdog_socket() const { return (runtime_.empty() ? run() : runtime_) / "watchdog.sock"; }
    Path helper_socket() const { return run() / "helper.sock"; }
    Path previous() const { return state_ / "previous"; }
    Path updates() const { return state_ / "updates"; }
    Path update(const std::string& update_id) const { return updates() / update_id; }
    Path plan(const std::string& update_id) const { return update(update_id) / "plan.json"; }
    Path vouchers(const std::string& update_id) const { return update(update_id) / "vouchers.json"; }
    /// What `back_up` kept and `verify` checked, per artifact.
    Path backups(const std::string& update_id) const { return update(update_id) / "backups.json"; }
    Path seals(const std::string& update_id) const { return update(update_id) / "seals.json"; }
    Path partial(const std::string& update_id, std::size_t n) const {
        return update(update_id) / (std::to_string(n) + ".partial");
    }
    /// Validators of the partial file (URL, ETag), so that a resume after a restart can ask for the rest
    /// only.
    Path partial_origin(const std::string& update_id, std::size_t n) const {
        return update(update_id) / (std::to_string(n) + ".origin.json");
    }

    Path installed(const Artifact& a) const { return root_ / a.install_path; }
    /// Private folder on the volume of the file that it replaces.
    Path workshop(const Artifact& a, const std::string& update_id) const {
        return installed(a).parent_path() / (".update-" + update_id);
    }
    Path staged(const Artifact& a, const std::string& update_id, std::size_t n) const {
        return workshop(a, update_id) / (std::to_string(n) + ".new");
    }
    Path backup(const Artifact& a, const std::string& update_id, std::size_t n) const {
        return workshop(a, update_id) / (std::to_string(n) + ".old");
    }
    Path asides() const { return state_ / "asides"; }
    /// Beside the installed file: where what a program runs from steps aside to, so that the name is free.
    Path aside(const Artifact& a) const { return installed(a).string() + ".old"; }

 private:
    Path state_, root_, runtime_;
};

}  // namespace update
