#include "compose/control_plan.hpp"

#include <charconv>
#include <fmt/format.h>

#include "base/json_reader.hpp"
#include "durable/durable.hpp"
#include "net/http_curl.hpp"

namespace update {
namespace {

constexpr std::string_view shape = "write ROLE:INSTALL_PATH=FILE_OR_URL[,sha256=HEX][,size=N][,self-test]";

Error wrong(const std::string& text, std::string_view what) {
    return {ErrorCode::refused, fmt::format("--artifact {}: {}; {}", text, what, shape)};
}

bool is_url(std::string_view source) {
    return source.starts_with("https://") || source.starts_with("http://") || source.starts_with("file://");
}

std::string as_file_url(const Path& file) {
    std::string url = "file://";
    for (const char c : file.string()) {
        const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                           std::string_view{"/._-~+"}.find(c) != std::string_view::npos;
        url += plain ? std::string{c} : fmt::format("%{:02X}", static_cast<unsigned char>(c));
    }
    return url;
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
    if (is_url(wish.source)) {
        if (!wish.sha256 || !wish.size_bytes)
            return wrong(wish.source, "a URL needs its sha256 and size: they are what is promised");
        artifact.size_bytes = *wish.size_bytes;
        artifact.sha256 = *wish.sha256;
        artifact.urls = {wish.source};
        return artifact;
    }
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
    artifact.urls = {as_file_url(file)};
    return artifact;
}

class TextSink : public HttpSink {
 public:
    Status head(const HttpHead&) override {
        text_.clear();
        return done();
    }
    Status body(std::span<const std::byte> bytes) override {
        text_.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
        return done();
    }
    Status tick() override { return done(); }
    const std::string& text() const { return text_; }

 private:
    std::string text_;
};

Result<std::string> plan_text(Control& control, const std::string& source) {
    if (!is_url(source)) {
        std::error_code problem;
        const Path file = std::filesystem::canonical(source, problem);
        if (problem)
            return Error{ErrorCode::refused, fmt::format("--plan {}; give a file that exists", source),
                         problem};
        return read_text(control.adapters().files(), file, max_plan_json_bytes);
    }
    TextSink sink;
    CurlHttp http{control.settings().transfer};
    UPDATE_TRY(head, http.get({source, 0, "", max_plan_json_bytes}, sink), "--plan " + source);
    if (head.status != 200)
        return Error{ErrorCode::not_found,
                     fmt::format("--plan {}: the server answered {}", source, head.status)};
    return sink.text();
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
    UPDATE_TRY(plan, parse_plan(json_text(object)), wish.plan);
    if (!is_url(wish.plan)) return plan;
    for (const Artifact& artifact : plan.artifacts)
        for (const std::string& url : artifact.urls)
            if (url.starts_with("file:"))
                return Error{ErrorCode::refused,
                             fmt::format("{}: a plan from a server may not name local files", wish.plan)};
    return plan;
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

Result<Plan> make_plan(Control& control, const PlanWish& wish) {
    const std::string from = wish.from.empty() ? control.running_version() : wish.from;
    if (from.empty() && wish.plan.empty())
        return Error{ErrorCode::refused, "which version runs now is not known here; say --from OLD"};
    constexpr std::uint64_t bound = 1ULL << 63;
    const std::string update_id = fmt::format("cli-{:016x}", control.adapters().random().below(bound));
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
