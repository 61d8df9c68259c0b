#include <memory>
#include <nlohmann/json.hpp>

#include <update/update.h>
#include <update/updater.hpp>

#include "c_api/call.hpp"

using namespace update;
using update::c::all_given, update::c::call, update::c::give;

struct update_updater {
    std::unique_ptr<Updater> cpp;
};

namespace {

constexpr int go_on = -1;

UpdaterHooks hooks_from(const update_hooks* c) {
    UpdaterHooks hooks;
    if (c == nullptr) return hooks;
    void* const context = c->context;
    if (const auto leave = c->leave)
        hooks.leave = [=](AgentExit code) { leave(context, static_cast<int>(code)); };
    if (const auto progress = c->progress)
        hooks.progress = [=](const std::string& id, std::string_view state, std::uint64_t bytes,
                             std::uint64_t total) {
            progress(context, id.c_str(), std::string{state}.c_str(), bytes, total);
        };
    if (const auto filed = c->outcome_filed) hooks.outcome_filed = [=] { filed(context); };
    if (const auto log = c->log)
        hooks.log = [=](std::string_view line) { log(context, std::string{line}.c_str()); };
    return hooks;
}

}  // namespace

update_result update_run_as_helper(const char* settings_file, int argc, const char* const* argv,
                                   int* exit_code) {
    return call([&]() -> Status {
        UPDATE_CHECK(all_given("update_run_as_helper", settings_file, argv, exit_code), "C API");
        UPDATE_TRY(settings, load_settings(settings_file), "settings");
        *exit_code = Updater::run_as_helper(argc, argv, settings).value_or(go_on);
        return done();
    });
}

update_result update_open(const char* settings_file, const char* version, const char* build_id,
                          const update_hooks* hooks, update_updater** updater) {
    return call([&]() -> Status {
        UPDATE_CHECK(all_given("update_open", settings_file, version, updater), "C API");
        // The only layout there has been; later ones append, and are told apart by their size.
        if (hooks != nullptr && hooks->size < sizeof(update_hooks))
            return Error{ErrorCode::bug, "update_open: hooks->size is not set to sizeof(update_hooks)"};
        UPDATE_TRY(settings, load_settings(settings_file), "settings");
        UPDATE_TRY(opened,
                   Updater::open(std::move(settings), {version, build_id == nullptr ? "" : build_id},
                                 hooks_from(hooks)),
                   "update_open");
        *updater = new update_updater{std::move(opened)};
        return done();
    });
}

void update_close(update_updater* updater) { delete updater; }

update_result update_resume(update_updater* updater, int* exit_code) {
    return call([&]() -> Status {
        UPDATE_CHECK(all_given("update_resume", updater, exit_code), "C API");
        const auto code = updater->cpp->resume();
        *exit_code = code ? static_cast<int>(*code) : go_on;
        return done();
    });
}

update_result update_ready(update_updater* updater) {
    return call([&]() -> Status {
        UPDATE_CHECK(all_given("update_ready", updater), "C API");
        updater->cpp->ready();
        return done();
    });
}

update_result update_session(update_updater* updater, int connected) {
    return call([&]() -> Status {
        UPDATE_CHECK(all_given("update_session", updater), "C API");
        updater->cpp->session(connected != 0);
        return done();
    });
}

update_result update_authenticated(update_updater* updater, int server_confirms,
                                   const char* update_confirmed) {
    return call([&]() -> Status {
        UPDATE_CHECK(all_given("update_authenticated", updater), "C API");
        updater->cpp->authenticated(server_confirms != 0,
                                    update_confirmed == nullptr ? "" : update_confirmed);
        return done();
    });
}

update_result update_offer(update_updater* updater, const char* selection_json) {
    return call([&]() -> Status {
        UPDATE_CHECK(all_given("update_offer", updater, selection_json), "C API");
        UPDATE_TRY(selection, parse_selection(selection_json), "update_offer");
        return updater->cpp->offer(selection);
    });
}

update_result update_cancel(update_updater* updater, const char* update_id) {
    return call([&]() -> Status {
        UPDATE_CHECK(all_given("update_cancel", updater, update_id), "C API");
        return updater->cpp->cancel(update_id);
    });
}

update_result update_installed(const update_updater* updater, char** json) {
    return call([&]() -> Status {
        UPDATE_CHECK(all_given("update_installed", updater, json), "C API");
        return give(nlohmann::json(updater->cpp->installed()).dump(), json);
    });
}

update_result update_open_update(const update_updater* updater, char** update_id) {
    return call([&]() -> Status {
        UPDATE_CHECK(all_given("update_open_update", updater, update_id), "C API");
        return give(updater->cpp->open_update(), update_id);
    });
}

update_result update_outcomes(const update_updater* updater, char** json) {
    return call([&]() -> Status {
        UPDATE_CHECK(all_given("update_outcomes", updater, json), "C API");
        auto all = nlohmann::json::array();
        for (const Outcome& outcome : updater->cpp->outcomes())
            all.push_back(nlohmann::json::parse(to_json(outcome)));
        return give(all.dump(), json);
    });
}

update_result update_outcome_delivered(update_updater* updater, const char* update_id) {
    return call([&]() -> Status {
        UPDATE_CHECK(all_given("update_outcome_delivered", updater, update_id), "C API");
        return updater->cpp->outcome_delivered(update_id);
    });
}
