// The units on disk: written, repaired, removed.
#include <algorithm>
#include <fmt/format.h>

#include "durable/durable.hpp"
#include "layout/layout.hpp"
#include "os/service_manager.hpp"
#include "os/systemd/manager.hpp"
#include "service/unit_text.hpp"

namespace update {
namespace {

using Changes = std::vector<std::string>;
constexpr std::size_t unit_max_bytes = 64 * 1024;
constexpr int removal_rounds = 3;
constexpr std::chrono::milliseconds start_look{100};
constexpr std::uint32_t readable_by_all = 0644;  // systemd complains about less: its content is public anyway

/// One endpoint's units, for one command.
class Units {
 public:
    Units(const Settings& settings, Files& files) : settings_{settings}, files_{files} {}

    SystemdManager& manager() { return manager_; }

    Status write(const UnitFile& unit) {
        const Path file = settings_.service.unit_dir / unit.name, fresh = file.string() + ".new";
        std::error_code problem;
        std::filesystem::create_directories(file.parent_path(), problem);
        UPDATE_CHECK(files_.remove(fresh), "write " + file.string());
        UPDATE_TRY(out, files_.open(fresh, OpenMode::create_new), "write " + file.string());
        UPDATE_CHECK(out->write(0, std::as_bytes(std::span{unit.text})), "write " + file.string());
        UPDATE_CHECK(out->set_mode(readable_by_all), "write " + file.string());
        UPDATE_CHECK(out->flush(), "write " + file.string());
        UPDATE_CHECK(files_.rename(fresh, file), "write " + file.string());
        return files_.flush_directory(file.parent_path());
    }

    /// @return nothing when there is no such file in our folder
    Result<std::optional<std::string>> written(const std::string& name) {
        auto text = read_text(files_, settings_.service.unit_dir / name, unit_max_bytes);
        if (text) return std::optional{std::move(*text)};
        if (text.error().code() == ErrorCode::not_found) return std::optional<std::string>{};
        return std::move(text).error();
    }

    static Status not_of_another_product(const UnitFile& unit, const std::optional<std::string>& text) {
        if (!text || written_by(*text, unit) != WrittenBy::another_product) return done();
        return Error{
            ErrorCode::refused,
            fmt::format("{} belongs to another product or program; give ours a name of its own (unit)",
                        unit.name)};
    }

    /// Writes it where it says something else, and has systemd read it.
    /// @return false when systemd knows all that already: a reload costs the whole machine
    Result<bool> put(const UnitFile& unit, const std::optional<std::string>& there) {
        const bool same = there && *there == unit.text;
        if (same) {
            const std::string belongs_to = unit.name.substr(0, unit.name.find(".d/"));
            UPDATE_TRY(unread, manager_.needs_reload(belongs_to), "look at " + belongs_to);
            if (!unread) return false;
        } else {
            UPDATE_CHECK(write(unit), "put");
        }
        UPDATE_CHECK(manager_.reload(), "put");
        return true;
    }

    /// Writes it where it is missing, ours and outdated, or ours by name and unreadable for systemd.
    /// A unit of somebody else stays.
    Status bring_up_to_date(const UnitFile& unit, Changes& changes) {
        UPDATE_TRY(now, manager_.state(unit.name), "repair " + unit.name);
        if (now.load == "masked") return done();
        UPDATE_TRY(text, written(unit.name), "repair " + unit.name);
        const bool missing = now.load == "not-found", broken = now.load != "loaded" && !missing;
        UPDATE_CHECK(not_of_another_product(unit, text), "repair");
        const bool outdated = text && written_by(*text, unit) == WrittenBy::us && *text != unit.text;
        if (!missing && !outdated && !(broken && text)) return done();
        UPDATE_TRY(changed, put(unit, text), "repair");
        if (!changed)
            return Error{ErrorCode::refused,
                         fmt::format("{} is as it should be, but systemd finds it {}: systemctl status {}",
                                     unit.name, now.load, unit.name)};
        if (missing && unit.at_boot) UPDATE_CHECK(manager_.enable(unit.name), "repair");
        changes.push_back(
            fmt::format("{} was {}: written", unit.name,
                        missing ? "missing" : (outdated ? "outdated" : "unreadable for systemd")));
        return done();
    }

    Status start_unless_held(const std::string& unit, Changes& changes) {
        UPDATE_TRY(now, manager_.state(unit), "start " + unit);
        if (is_up(now) || is_waiting_for_restart(now) || is_held(now, StoppedBy::others)) return done();
        (void)manager_.reset_failed(unit);
        UPDATE_CHECK(manager_.start(unit), "start " + unit);
        changes.push_back(fmt::format("{} was {}: started", unit, now.active));
        return done();
    }

    /// Returns once its program runs and has said that it is ready, or why that is not so.
    Status await_up(const std::string& unit) {
        UPDATE_TRY(signals, manager_.watch(unit), "start " + unit);
        const auto patience = std::chrono::steady_clock::now() + settings_.trial.ready_timeout;
        for (;;) {
            UPDATE_TRY(now, manager_.state(unit), "start " + unit);
            if (now.active == "active" && now.job.empty()) return done();
            const bool is_over = (!is_up(now) && now.job.empty()) || is_waiting_for_restart(now);
            if (is_over || std::chrono::steady_clock::now() >= patience)
                return Error{ErrorCode::retry_later,
                             fmt::format("{} is installed, but {}: {}, {}; systemctl status {} says why",
                                         unit, is_over ? "did not stay up" : "is not ready yet", now.active,
                                         now.result, unit)};
            signals->wait(start_look);
            (void)signals->take();
        }
    }

    /// The rules that an update needs hold, or a drop-in makes them hold, or it is said why not.
    Status mend_agent(Changes& changes) {
        const std::string unit = unit_name(settings_, settings_.programs.front());
        UPDATE_TRY(bad, broken_rules(), "repair " + unit);
        if (bad.empty()) return done();
        UPDATE_TRY(rules, manager_.rules(unit), "repair " + unit);
        UPDATE_TRY(text, written(repair_drop_in_name(settings_)), "repair " + unit);
        const UnitFile drop_in = repair_drop_in(settings_, rules, text.value_or(""));
        UPDATE_TRY(changed, put(drop_in, text), "repair");
        UPDATE_TRY(left, changed ? broken_rules() : bad, "repair " + unit);
        for (const std::string& what : bad)
            if (std::ranges::count(left, what) == 0)
                changes.push_back(fmt::format("{}: {}: mended", unit, what));
        if (left.empty()) return done();
        return Error{ErrorCode::refused, fmt::format("{}: {}; a later drop-in says so: systemctl cat {}",
                                                     unit, left.front(), unit)};
    }

    /// Also on endpoints that were enrolled without one (incident I3).
    Status tend_watchdog(Changes& changes) {
        if (settings_.watchdog_path.empty()) return done();
        for (const UnitFile& unit : unit_files(settings_))
            if (unit.name == watchdog_unit(settings_))
                UPDATE_CHECK(bring_up_to_date(unit, changes), "watchdog");
        return start_unless_held(watchdog_unit(settings_), changes);
    }

    Status tend_programs(Changes& changes) {
        for (const UnitFile& unit : unit_files(settings_))
            if (unit.name != watchdog_unit(settings_))
                UPDATE_CHECK(bring_up_to_date(unit, changes), "repair");
        return mend_agent(changes);
    }

    /// That it has stopped is seen afterwards: somebody may have started it meanwhile.
    Status take_away(const UnitFile& unit) {
        UPDATE_TRY(text, written(unit.name), "remove");
        if (text && written_by(*text, unit) != WrittenBy::us) return done();
        (void)manager_.stop(unit.name);
        if (!text) return done();
        if (unit.at_boot) UPDATE_CHECK(manager_.disable(unit.name), "remove");
        return files_.remove(settings_.service.unit_dir / unit.name);
    }

    /// Its file is back, or it still works.
    Result<bool> is_left(const UnitFile& unit) {
        UPDATE_TRY(text, written(unit.name), "remove");
        if (text) return written_by(*text, unit) == WrittenBy::us;
        UPDATE_TRY(now, manager_.state(unit.name), "remove");
        return is_up(now);
    }

 private:
    /// What only an administrator may change is not among them.
    Result<std::vector<std::string>> broken_rules() {
        UPDATE_TRY(findings, service_manager::check_agent(settings_), "look");
        std::vector<std::string> broken;
        for (const Finding& finding : findings)
            if (!finding.ok && !finding.cure.starts_with("systemctl")) broken.push_back(finding.what);
        return broken;
    }

    const Settings& settings_;
    Files& files_;
    SystemdManager manager_;
};

}  // namespace

namespace {

/// One that does not come up keeps the other from nothing.
Status start_all(Units& units, const std::vector<UnitFile>& wanted) {
    Status all = done();
    const auto note = [&all](Status one) {
        if (all) all = std::move(one);
    };
    for (const UnitFile& unit : wanted)
        if (unit.at_boot) note(units.manager().start(unit.name));
    for (const UnitFile& unit : wanted)
        if (unit.at_boot) note(units.await_up(unit.name));
    return all;
}

}  // namespace

Status service_manager::install(const Settings& settings, Files& files, Start start) {
    Units units{settings, files};
    const auto wanted = unit_files(settings);
    for (const UnitFile& unit : wanted) {
        UPDATE_TRY(text, units.written(unit.name), "install");
        UPDATE_CHECK(Units::not_of_another_product(unit, text), "install");
        if (text && written_by(*text, unit) != WrittenBy::us)
            return Error{
                ErrorCode::refused,
                fmt::format("{} in {} was not written by this program; updatectl service repair mends it",
                            unit.name, settings.service.unit_dir.string())};
    }
    UPDATE_CHECK(files.make_private_directory(settings.state_dir), "install");  // its unit may not create it
    for (const UnitFile& unit : wanted) UPDATE_CHECK(units.write(unit), "install");
    UPDATE_CHECK(units.manager().reload(), "install");
    for (const UnitFile& unit : wanted)
        if (unit.at_boot) UPDATE_CHECK(units.manager().enable(unit.name), "install");
    return start == Start::yes ? start_all(units, wanted) : done();
}

namespace {

Result<std::vector<std::string>> take_away_once(Units& units, const Settings& settings, Files& files) {
    const auto wanted = unit_files(settings);
    for (const UnitFile& unit : wanted) UPDATE_CHECK(units.take_away(unit), "remove " + unit.name);
    const Path drop_in = settings.service.unit_dir / repair_drop_in_name(settings);
    UPDATE_CHECK(files.remove(drop_in), "remove");
    std::error_code not_empty;  // an administrator's own drop-ins stay
    std::filesystem::remove(drop_in.parent_path(), not_empty);
    UPDATE_CHECK(units.manager().reload(), "remove");
    std::vector<std::string> left;
    for (const UnitFile& unit : wanted) {
        UPDATE_TRY(is_left, units.is_left(unit), unit.name);
        if (is_left) left.push_back(unit.name);
    }
    return left;
}

}  // namespace

/// Agent and watchdog look after each other: one that begins just now may bring the other back.
Status service_manager::remove(const Settings& settings, Files& files) {
    Units units{settings, files};
    for (int round = 1;; ++round) {
        UPDATE_TRY(left, take_away_once(units, settings, files), "remove");
        if (left.empty()) return done();
        if (round == removal_rounds)
            return Error{
                ErrorCode::retry_later,
                fmt::format("{} is still there; systemctl status {} says why", left.front(), left.front())};
    }
}

/// Trouble with one must not keep the other from being mended.
Result<std::vector<std::string>> service_manager::repair(const Settings& settings, Files& files) {
    Units units{settings, files};
    Changes changes;
    Status watchdog = units.tend_watchdog(changes), programs = units.tend_programs(changes);
    UPDATE_CHECK(std::move(watchdog), "repair");
    UPDATE_CHECK(std::move(programs), "repair");
    return changes;
}

Result<std::vector<std::string>> service_manager::ensure_watchdog(const Settings& settings, Files& files) {
    Changes changes;
    UPDATE_CHECK((Units{settings, files}.tend_watchdog(changes)), "repair");
    return changes;
}

Status service_manager::restart_watchdog(const Settings& settings) {
    SystemdManager manager;
    const std::string unit = watchdog_unit(settings);
    (void)manager.reset_failed(unit);
    return manager.restart(unit);
}

}  // namespace update
