#include "input.hpp"
#include "policy/choice.hpp"
#include "policy/release.hpp"
#include "policy/window.hpp"

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace update;
    const std::string text{fuzz::text_of(data, size)};
    if (const auto list = parse_release_list(text)) {
        const auto again = parse_release_list(to_json(*list));
        fuzz::require(bool{again} && *again == *list);
        // What is chosen, and what may be selected, is on the list, for this machine and not below the floor.
        EndpointFacts facts;
        facts.endpoint_id = "a1";
        facts.os = "linux";
        facts.arch = "x86_64";
        facts.running_version = "1.0.0";
        facts.committed_epoch = 1;
        facts.digest = [](const std::string& of) {
            Sha256 digest{};
            for (std::size_t i = 0; i < of.size(); ++i)
                digest[i % digest.size()] ^= static_cast<std::uint8_t>(of[i]);
            return digest;
        };
        const auto check = [&](std::size_t index) {
            fuzz::require(index < list->releases.size());
            const Release& release = list->releases[index];
            fuzz::require(release.epoch >= facts.committed_epoch ||
                          !permit_used_for(*list, facts, release).empty());
        };
        if (const auto choice = choose(*list, facts); choice.release) check(*choice.release);
        for (const Release& release : list->releases)
            if (const auto selected = select(*list, facts, release.version)) check(*selected);
    }
    if (const auto window = parse_window(text)) (void)is_open({*window}, {}, std::chrono::minutes{90});
    return 0;
}
