#include "support/tuf_repository.hpp"

#include <algorithm>
#include <charconv>
#include <fmt/format.h>

#include "base/hex.hpp"

namespace update::test {
namespace {

using trust::Json;

OpensslCryptography crypto;

std::string sha256(const std::string& text) {
    const auto digest = crypto.digest(DigestKind::sha256);
    digest->update(std::as_bytes(std::span{text}));
    return digest->finish();
}

Json role_of(const std::vector<std::string>& keyids) {
    Json::Array ids;
    for (const auto& id : keyids) ids.emplace_back(id);
    Json role;
    role.set("keyids", Json{std::move(ids)});
    role.set("threshold", Json{std::int64_t{1}});
    return role;
}

Json document(const std::string& type) {
    Json json;
    json.set("_type", Json{type});
    json.set("spec_version", Json{"1.0.34"});
    json.set("version", Json{std::int64_t{0}});
    json.set("expires", Json{"2030-01-01T00:00:00Z"});
    return json;
}

Json version_entry(std::int64_t version) {
    Json entry;
    entry.set("version", Json{version});
    return entry;
}

Json array_with(const Json* before, Json element) {
    Json::Array array = before != nullptr && before->array() != nullptr ? *before->array() : Json::Array{};
    array.push_back(std::move(element));
    return Json{std::move(array)};
}

}  // namespace

void change(Json& json, const std::vector<std::string>& path, const std::function<void(Json&)>& edit) {
    if (path.empty()) return edit(json);
    const Json* found = json.find(path.front());
    Json child = found != nullptr ? *found : Json{Json::Object{}};
    change(child, {path.begin() + 1, path.end()}, edit);
    json.set(path.front(), std::move(child));
}

Signer signer(unsigned number) {
    static std::map<unsigned, Signer> known;
    if (const auto found = known.find(number); found != known.end()) return found->second;
    OpensslKeysmith smith;
    std::shared_ptr<SigningKey> key = *smith.generate(KeyScheme::ed25519);
    Json value, entry;
    value.set("public", Json{key->public_key().text});
    entry.set("keytype", Json{"ed25519"});
    entry.set("scheme", Json{"ed25519"});
    entry.set("keyval", std::move(value));
    return known[number] = {key, sha256(trust::canonical(entry)), entry};
}

TufRepository::TufRepository() {
    for (const auto* role : {"root", "timestamp", "snapshot", "targets"}) documents[role] = document(role);
    documents["targets"].set("targets", Json{Json::Object{}});
    documents["root"].set("consistent_snapshot", Json{true});
    unsigned number = 0;
    for (const auto* role : {"root", "timestamp", "snapshot", "targets"}) {
        change(documents["root"], {"roles"}, [&](Json& roles) { roles.set(role, role_of({})); });
        authorise(role, signer(number++));
    }
    publish({"targets", "snapshot", "timestamp", "root"});
}

void TufRepository::authorise(const std::string& role, const Signer& by) {
    auto& root = documents["root"];
    change(root, {"keys"}, [&](Json& keys) { keys.set(by.id, by.entry); });
    change(root, {"roles", role},
           [&](Json& json) { json.set("keyids", array_with(json.find("keyids"), Json{by.id})); });
    signers[role].push_back(by);
}

void TufRepository::rotate(const std::string& role, const Signer& by) {
    signers[role].clear();
    change(documents["root"], {"roles", role}, [&](Json& json) { json.set("keyids", Json{Json::Array{}}); });
    authorise(role, by);
}

void TufRepository::delegate(const std::string& delegator, const std::string& role,
                             const std::string& pattern, const Signer& by) {
    Json entry = role_of({by.id});
    entry.set("name", Json{role});
    entry.set("terminating", Json{false});
    entry.set("paths", Json{Json::Array{Json{pattern}}});
    change(documents[delegator], {"delegations"}, [&](Json& delegations) {
        delegations.set("roles", array_with(delegations.find("roles"), entry));
        change(delegations, {"keys"}, [&](Json& keys) { keys.set(by.id, by.entry); });
    });
    if (!documents.contains(role)) {
        documents[role] = document("targets");
        documents[role].set("targets", Json{Json::Object{}});
    }
    signers[role].push_back(by);
}

void TufRepository::add(const std::string& role, const std::string& path, const std::string& bytes) {
    Json hashes, entry;
    hashes.set("sha256", Json{sha256(bytes)});
    entry.set("hashes", std::move(hashes));
    entry.set("length", Json{static_cast<std::int64_t>(bytes.size())});
    change(documents[role], {"targets"}, [&](Json& targets) { targets.set(path, entry); });
    artifacts[path] = bytes;
}

std::string TufRepository::sign(const std::string& role) const {
    const auto payload = trust::canonical(documents.at(role));
    Json::Array signatures;
    for (const Signer& by : signers.at(role)) {
        Json signature;
        signature.set("keyid", Json{by.id});
        signature.set("sig", Json{to_hex(*by.key->sign(payload))});
        signatures.push_back(std::move(signature));
    }
    Json file;
    file.set("signed", documents.at(role));
    file.set("signatures", Json{std::move(signatures)});
    return trust::indented(file);
}

void TufRepository::publish(const std::vector<std::string>& roles) {
    for (const auto& role : roles) {
        const auto version = *documents[role].find("version")->integer() + 1;
        documents[role].set("version", Json{version});
        served[role].push_back(sign(role));
        Json entry = version_entry(version);
        if (with_hashes) {
            entry.set("length", Json{static_cast<std::int64_t>(latest(role).size())});
            change(entry, {"hashes"},
                   [&](Json& hashes) { hashes.set("sha256", Json{sha256(latest(role))}); });
        }
        const auto name_it = [&](const std::string& parent) {
            change(documents[parent], {"meta"}, [&](Json& meta) { meta.set(role + ".json", entry); });
        };
        if (role == "snapshot") name_it("timestamp");
        if (role != "snapshot" && role != "timestamp" && role != "root") name_it("snapshot");
    }
}

void TufRepository::restart(const std::string& role, std::int64_t version) {
    served[role].clear();
    documents[role].set("version", Json{version - 1});
}

void TufRepository::restart_with_new_keys() {
    rotate("timestamp", signer(40));
    rotate("snapshot", signer(41));
    restart("timestamp");
    restart("snapshot");
    publish({"root", "targets", "snapshot", "timestamp"});
}

std::optional<std::string> TufRepository::find(const std::string& path) const {
    if (path.starts_with("targets/")) {
        const auto slash = path.rfind('/'), dot = path.find('.', slash);
        const auto name = path.substr(8, slash + 1 - 8) + path.substr(dot + 1);
        const auto found = artifacts.find(name);
        return found != artifacts.end() ? std::optional{found->second} : std::nullopt;
    }
    const auto name = path.substr(9, path.size() - 9 - 5);  // "metadata/" and ".json"
    if (name == "timestamp")
        return served.at(name).empty() ? std::nullopt : std::optional{served.at(name).back()};
    std::size_t version = 0;
    const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), version);
    if (error != std::errc{} || *end != '.') return std::nullopt;
    const auto found = served.find(name.substr(name.find('.') + 1));
    if (found == served.end()) return std::nullopt;
    // A restarted role serves what it has, by the version that the document says.
    const auto last = static_cast<std::size_t>(*documents.at(found->first).find("version")->integer());
    const auto first = last + 1 - found->second.size();
    if (version < first || version > last || found->second.empty()) return std::nullopt;
    return found->second[version - first];
}

Result<HttpHead> TufRepository::get(const HttpRequest& request, HttpSink& sink) {
    const auto path = request.url.substr(std::string_view{base}.size());
    requests.push_back(path);
    auto answer = intrude ? intrude(path) : std::nullopt;
    if (answer && !*answer) return answer->error();
    const auto body = answer ? std::optional{**answer} : find(path);
    HttpHead head;
    if (body) head.etag = '"' + sha256(*body) + '"';
    const bool unchanged = body && request.if_none_match == head.etag;
    head.status = unchanged ? 304 : body ? 200 : 404;
    UPDATE_CHECK(sink.head(head), "head");
    if (unchanged) return head;
    if (body && body->size() > request.body_max_bytes)
        return Error{ErrorCode::corrupt, "more than asked for"};
    if (body) UPDATE_CHECK(sink.body(std::as_bytes(std::span{*body})), "body");
    UPDATE_CHECK(sink.tick(), "tick");
    return head;
}

}  // namespace update::test
