#include "journal/policy_file.hpp"

#include "durable/durable.hpp"

namespace update {
namespace {

constexpr std::size_t policy_max_bytes = 1024 * 1024;

Result<PolicyMemory> read(Files& files, const Path& path) {
    auto text = read_text(files, path, policy_max_bytes);
    if (text) return parse_policy_memory(*text).memory;
    const auto code = text.error().code();
    if (code == ErrorCode::not_found || code == ErrorCode::corrupt || code == ErrorCode::refused)
        return PolicyMemory{};
    return std::move(text).error();
}

PolicyMemory what_stays(const PolicyMemory& memory) {
    PolicyMemory kept;
    kept.epoch = memory.epoch;
    kept.used_permits = memory.used_permits;
    return kept;
}

}  // namespace

Result<PolicyMemory> load_policy_memory(Files& files, const Layout& layout) {
    UPDATE_TRY(memory, read(files, layout.policy()), "policy memory");
    UPDATE_TRY(kept, read(files, layout.committed()), "what was committed");
    return with_commits_of(std::move(memory), kept);
}

Status store_policy_memory(Files& files, const Layout& layout, const PolicyMemory& memory) {
    UPDATE_TRY(there, read(files, layout.committed()), "what was committed");
    const PolicyMemory kept = what_stays(memory);
    // Nothing to keep where nothing is signed, and the same is not written again.
    if (what_stays(there) != kept) {
        UPDATE_CHECK(files.make_private_directory(layout.trust()), "what was committed");
        UPDATE_CHECK(write_durably(files, layout.committed(), to_json(kept)), "what was committed");
    }
    return write_durably(files, layout.policy(), to_json(memory));
}

}  // namespace update
