#include "compose/control_plan.hpp"

#include <charconv>
#include <fmt/format.h>

#include "base/json_reader.hpp"
#include "compose/agent_channel.hpp"
#include "compose/control_changes.hpp"
#include "compose/watchdog_renewal.hpp"
#include "durable/durable.hpp"
#include "releases/refusal.hpp"
#include "releases/releases.hpp"
#include "transfer/source_url.hpp"

namespace update {
namespace {

constexpr std::string_view shape = "write ROLE:INSTALL_PATH=FILE[,sha256=HEX][,size=N][,self-test]";

Error wrong(const std::string& text, std::string_view what) {
    return {ErrorCode::refused, fmt::format("--artifact {}: {}; {}", text, what, shape)};
}

/// What follows the source, from its end: a comma may also be part of the source itself.
/// @return false when the last part is none of ours
Result<bool> take_option(const std::string& text, ArtifactWish& wish) {
    const auto comma = wish.source.rfind(',');
    if (comma == std::string::npos) return false;
    const std::string option = wish.source.substr(comma + 1);
    if (option == "self-test") {
        wish.self_test = true;
    } else if (option.starts_with("sha256=")) {
        auto digest = sha256_from_hex(option.substr(7));
        if (!digest) return wrong(text, "sha256 is not 64 hexadecimal digits");
        wish.sha256 = *digest;
    } else if (option.starts_with("size=")) {
        std::uint64_t size = 0;
        const char* end = option.data() + option.size();
        const auto [stopped, problem] = std::from_chars(option.data() + 5, end, size);
        if (problem != std::errc{} || stopped != end) return wrong(text, "size is not a number of bytes");
        wish.size_bytes = size;
    } else {
        return false;
    }
    wish.source.resize(comma);
    return true;
}

Result<Artifact> artifact_of(Control& control, const ArtifactWish& wish) {
    Artifact artifact{wish.role, wish.install_path, 0, {}, {}, wish.self_test};
    std::error_code problem;
    const Path file = std::filesystem::canonical(wish.source, problem);
    if (problem)
        return Error{ErrorCode::refused,
                     fmt::format("artifact file {}; give a file that exists", wish.source), problem};
    UPDATE_TRY(opened, control.adapters().files().open(file, OpenMode::read), "artifact " + wish.source);
    UPDATE_TRY(info, opened->info(), "artifact " + wish.source);
    UPDATE_TRY(digest, hash(*opened, control.adapters().hashing()), "artifact " + wish.source);
    artifact.size_bytes = wish.size_bytes.value_or(info.size_bytes);
    artifact.sha256 = wish.sha256.value_or(digest);
    artifact.urls = {file_url(file)};
    return artifact;
}

Result<std::string> plan_text(Control& control, const std::string& source) {
    std::error_code problem;
    const Path file = std::filesystem::canonical(source, problem);
    if (problem)
        return Error{ErrorCode::refused, fmt::format("--plan {}; give a file that exists", source), problem};
    return read_text(control.adapters().files(), file, max_plan_json_bytes);
}

/// A plan of a file need not say what an operator's plan gets anyway.
Result<Plan> read_plan(Control& control, const PlanWish& wish, const std::string& update_id,
                       const std::string& from) {
    UPDATE_TRY(text, plan_text(control, wish.plan), "plan");
    UPDATE_TRY(object, parse_json_object(text, max_plan_json_bytes), wish.plan);
    object["update_id"] = update_id;
    if (!wish.from.empty() || !object.contains("from_version")) object["from_version"] = from;
    if (!wish.version.empty()) object["version"] = wish.version;
    if (!object.contains("product")) object["product"] = control.settings().product;
    object["vouched_by"] = name(VouchedBy::operator_);
    UPDATE_TRY(plan, parse_plan(json_text(object)), wish.plan);
    return plan;
}

struct Scratch {
    Scratch(Files& where, Random& random)
        : files{where},
          folder{std::filesystem::canonical(std::filesystem::temp_directory_path()) /
                 fmt::format("updatectl-{:016x}", random.below(1ULL << 63))},
          made{files.make_private_directory(folder)} {}
    Scratch(const Scratch&) = delete;
    Scratch& operator=(const Scratch&) = delete;
    ~Scratch() { (void)remove_tree(files, folder); }

    Files& files;
    const Path folder;
    const Status made;
};

std::string new_update_id(Control& control) {
    constexpr std::uint64_t bound = 1ULL << 63;
    return fmt::format("cli-{:016x}", control.adapters().random().below(bound));
}

}  // namespace

Result<ArtifactWish> parse_artifact_wish(const std::string& text) {
    const auto equals = text.find('=');
    const auto colon = text.find(':');
    if (equals == std::string::npos || colon == std::string::npos || colon > equals)
        return wrong(text, "is no artifact");
    const auto role = role_named(text.substr(0, colon));
    if (!role) return wrong(text, "the role is none of agent, companion, watchdog, file");
    ArtifactWish wish{*role, text.substr(colon + 1, equals - colon - 1), text.substr(equals + 1), {}, {},
                      false};
    for (;;) {
        UPDATE_TRY(taken, take_option(text, wish), "command line");
        if (!taken) break;
    }
    if (wish.install_path.empty() || wish.source.empty()) return wrong(text, "path or source is missing");
    return wish;
}

Selection make_selection(Control& control, const PlanWish& wish) {
    return {new_update_id(control), control.settings().product, wish.channel, wish.version};
}

std::string version_before(Control& control, const PlanWish& wish) {
    return wish.from.empty() ? control.running_version() : wish.from;
}

Result<Plan> signed_plan(Control& control, const PlanWish& wish) {
    AgentChannel channel{control.layout(), control.adapters().clock(), control.adapters().files()};
    RemoteRenewal renewal{control.adapters(), channel};
    const Ports ports = control.adapters().ports(control.services(), channel, renewal);
    // What is only looked at leaves nothing behind: the metadata is read into a folder that goes again.
    const Scratch scratch{ports.files, control.adapters().random()};
    UPDATE_CHECK(scratch.made, "folder for signed metadata");
    const Layout elsewhere{scratch.folder, control.layout().install_root()};
    Releases releases{control.settings(), elsewhere, control.adapters().machine(),
                      release_ports(ports, channel)};
    auto resolved = releases.resolve(make_selection(control, wish), version_before(control, wish),
                                     policy_memory(control), Asker::operator_);
    if (resolved) return std::move(resolved->plan);
    return Error{ErrorCode::refused, refusal_of(resolved.error()).message};
}

Result<Plan> make_plan(Control& control, const PlanWish& wish) {
    const std::string from = wish.from.empty() ? control.running_version() : wish.from;
    if (from.empty() && wish.plan.empty())
        return Error{ErrorCode::refused, "which version runs now is not known here; say --from OLD"};
    const std::string update_id = new_update_id(control);
    if (!wish.plan.empty()) return read_plan(control, wish, update_id, from);

    Plan plan{update_id, control.settings().product, from, wish.version, {}};
    for (const std::string& text : wish.artifacts) {
        UPDATE_TRY(parsed, parse_artifact_wish(text), "command line");
        UPDATE_TRY(artifact, artifact_of(control, parsed), "plan");
        plan.artifacts.push_back(std::move(artifact));
    }
    UPDATE_CHECK(validate(plan), "plan");
    return plan;
}

}  // namespace update
