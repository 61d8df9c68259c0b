#include "api_client.hpp"

#include <algorithm>
#include <curl/curl.h>
#include <doctest/doctest.h>
#include <memory>

namespace server_test {
namespace {

std::size_t take_body(char* bytes, std::size_t, std::size_t count, void* into) {
    static_cast<std::string*>(into)->append(bytes, count);
    return count;
}

std::size_t take_header(char* bytes, std::size_t, std::size_t count, void* into) {
    const std::string line(bytes, count);
    const auto colon = line.find(':');
    if (colon == std::string::npos) return count;
    std::string name = line.substr(0, colon);
    std::transform(name.begin(), name.end(), name.begin(), [](unsigned char c) { return std::tolower(c); });
    const auto begin = line.find_first_not_of(' ', colon + 1);
    const auto end = line.find_last_not_of("\r\n");
    (*static_cast<std::map<std::string, std::string>*>(into))[name] =
        begin == std::string::npos || end < begin ? "" : line.substr(begin, end - begin + 1);
    return count;
}

}  // namespace

Reply request(const ServerProcess& server, const std::string& method, const std::string& path,
              const std::vector<std::string>& headers, const std::string& body) {
    Reply reply;
    const std::unique_ptr<CURL, decltype(&curl_easy_cleanup)> curl{curl_easy_init(), curl_easy_cleanup};
    curl_slist* list = nullptr;
    for (const std::string& header : headers) list = curl_slist_append(list, header.c_str());
    const std::unique_ptr<curl_slist, decltype(&curl_slist_free_all)> owner{list, curl_slist_free_all};
    curl_easy_setopt(curl.get(), CURLOPT_URL, (server.https() + path).c_str());
    curl_easy_setopt(curl.get(), CURLOPT_PATH_AS_IS, 1L);
    curl_easy_setopt(curl.get(), CURLOPT_CAINFO, server.ca_file().c_str());
    curl_easy_setopt(curl.get(), CURLOPT_NOPROXY, "*");
    curl_easy_setopt(curl.get(), CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(curl.get(), CURLOPT_TIMEOUT_MS, 20'000L);
    curl_easy_setopt(curl.get(), CURLOPT_HTTPHEADER, list);
    curl_easy_setopt(curl.get(), CURLOPT_CUSTOMREQUEST, method.c_str());
    if (method == "HEAD") curl_easy_setopt(curl.get(), CURLOPT_NOBODY, 1L);
    if (!body.empty()) {
        curl_easy_setopt(curl.get(), CURLOPT_POSTFIELDSIZE, static_cast<long>(body.size()));
        curl_easy_setopt(curl.get(), CURLOPT_POSTFIELDS, body.c_str());
    }
    curl_easy_setopt(curl.get(), CURLOPT_WRITEFUNCTION, take_body);
    curl_easy_setopt(curl.get(), CURLOPT_WRITEDATA, &reply.body);
    curl_easy_setopt(curl.get(), CURLOPT_HEADERFUNCTION, take_header);
    curl_easy_setopt(curl.get(), CURLOPT_HEADERDATA, &reply.headers);
    if (curl_easy_perform(curl.get()) == CURLE_OK)
        curl_easy_getinfo(curl.get(), CURLINFO_RESPONSE_CODE, &reply.status);
    return reply;
}

Reply Operator::ask(const std::string& method, const std::string& path, const nlohmann::json& body) const {
    return request(server_, method, path, {"Authorization: Bearer " + admin_token},
                   body.is_null() ? "" : body.dump());
}

void Operator::enrol(const std::string& agent_id, const std::string& key) const {
    const Reply reply = ask("PUT", "/api/agents/" + agent_id, {{"key", key}});
    REQUIRE_MESSAGE(reply.status == 200, reply.body);
}

std::string Operator::publish(const std::string& agent_id, const std::string& version) const {
    const nlohmann::json selection{{"product", "agent"}, {"channel", "stable"}, {"version", version}};
    const Reply reply = ask("POST", "/api/agents/" + agent_id + "/updates", selection);
    REQUIRE_MESSAGE(reply.status == 201, reply.body);
    return reply.json()["update_id"];
}

nlohmann::json Operator::update(const std::string& update_id) const {
    nlohmann::json found;
    for (const auto& update : ask("GET", "/api/updates").json()) {
        if (update["update_id"] != update_id) continue;
        REQUIRE(found.is_null());
        found = update;
    }
    return found;
}

nlohmann::json Operator::agent(const std::string& agent_id) const {
    for (const auto& agent : ask("GET", "/api/agents").json())
        if (agent["agent_id"] == agent_id) return agent;
    return nullptr;
}

}  // namespace server_test
