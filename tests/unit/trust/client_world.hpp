// An endpoint with a disk in memory and a clock that is set.
#pragma once
#include "support/memory_files.hpp"
#include "support/tuf_repository.hpp"
#include "trust/client.hpp"
#include "trust/instant.hpp"
#include "trust/trouble.hpp"

namespace update::test {

struct SetClock : Clock {
    WallTime time = *trust::parse_date("2026-01-01T00:00:00Z");
    Instant awake{};
    Instant now() const override { return awake; }
    WallTime wall() const override { return time; }
    std::string boot_id() const override { return "boot"; }
    void set(const char* date) { time = *trust::parse_date(date); }
};

struct Endpoint {
    TufRepository repository;
    MemoryFiles files;
    SetClock clock;
    OpensslCryptography crypto;
    trust::ClientOptions options;

    trust::Client client() {
        const std::string base = TufRepository::base;
        return {{repository, files, clock, crypto}, "/store", {base + "metadata", base + "targets"}, options};
    }
    Endpoint() { REQUIRE(client().establish(repository.first_root())); }
    /// The class of the trouble, `none` when it went well.
    trust::Trouble refresh() {
        const auto status = client().refresh();
        return status ? trust::Trouble::none : trust::trouble_of(status.error());
    }
    std::string stored(const std::string& role) {
        const auto found = files.nodes.find("/store/" + role + ".json");
        if (found == files.nodes.end()) return {};
        const auto& bytes = found->second->bytes;
        return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
    }
    void damage(const std::string& file) { files.put("/store/" + file, {}); }
};

}  // namespace update::test
