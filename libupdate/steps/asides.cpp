#include "steps/asides.hpp"

#include <set>
#include <sstream>

#include "durable/durable.hpp"

namespace update {
namespace {

constexpr std::size_t max_list_bytes = 1 << 20;

}  // namespace

Result<std::vector<std::string>> noted_asides(Files& files, const Layout& layout) {
    const auto text = read_text(files, layout.asides(), max_list_bytes);
    std::vector<std::string> paths;
    if (!text && text.error().code() == ErrorCode::not_found) return paths;
    if (!text) return Error{text.error()}.in("what stepped aside");
    std::istringstream lines{*text};
    for (std::string line; std::getline(lines, line);)
        if (!line.empty()) paths.push_back(line);
    return paths;
}

Status note_asides(Job& job) {
    std::set<std::string> paths;
    for (const Artifact& a : job.plan.artifacts) {
        UPDATE_TRY(left, exists(job.ports.files, job.layout.aside(a)), "what stepped aside");
        if (left) paths.insert(a.install_path);
    }
    if (paths.empty()) return done();
    UPDATE_TRY(before, noted_asides(job.ports.files, job.layout), "note");
    paths.insert(before.begin(), before.end());
    std::string text;
    for (const std::string& path : paths) text += path + '\n';
    return write_durably(job.ports.files, job.layout.asides(), text);
}

}  // namespace update
