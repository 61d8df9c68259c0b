#include "repo_desk.hpp"

#include <fmt/format.h>

#include "base/json_reader.hpp"
#include "human.hpp"

namespace update::ctl {
namespace {

using repository::Publisher;

Result<std::unique_ptr<Publisher>> open_publisher(const RepoOptions& o, PublishingTools& tools) {
    UPDATE_TRY(dir, usable_path(o.dir), "the publisher's folder");
    const auto ask = [&o]() -> Result<std::string> {
        if (o.passphrase_file.empty() && o.passphrase_fd < 0)
            return Error{ErrorCode::refused,
                         "private keys are needed: give --passphrase-file or --passphrase-fd"};
        return read_secret(o.passphrase_file, o.passphrase_fd);
    };
    return Publisher::open(tools.publisher_ports(), dir, ask);
}

void print_changes(const Options& all, const char* verb, const std::vector<Path>& files, const Path& dir) {
    for (const Path& file : files) {
        const auto below = file.lexically_relative(dir);
        const auto name = below.empty() || *below.begin() == ".." ? file.string() : below.generic_string();
        if (all.json)
            print(json_text({{"would", verb}, {"file", name}}) + "\n");
        else
            print(printable(fmt::format("would {} {}", verb, name)) + "\n");
    }
}

}  // namespace

int change_publisher(const Options& all, const RepoOptions& o,
                     const std::function<Result<Said>(Publisher&, PublishingTools&)>& work) {
    PublishingTools tools;
    if (all.dry_run) tools.rehearse();
    const auto publisher = open_publisher(o, tools);
    if (!publisher) return refuse(all, publisher.error());
    auto said = work(**publisher, tools);
    if (!said) return refuse(all, said.error());
    if (const auto* rehearsal = tools.rehearsal()) {
        const Path dir = (*publisher)->public_folder().parent_path();
        print_changes(all, "write", rehearsal->written(), dir);
        print_changes(all, "remove", rehearsal->removed(), dir);
        said->message = "dry run, nothing is changed; otherwise: " + said->message;
    }
    return finish(all, *said);
}

int look_at_publisher(const Options& all, const RepoOptions& o,
                      const std::function<int(Publisher&, PublishingTools&)>& work) {
    PublishingTools tools;
    const auto publisher = open_publisher(o, tools);
    return publisher ? work(**publisher, tools) : refuse(all, publisher.error());
}

Result<Said> said_of(const Status& status, const std::string& success) {
    if (!status) return status.error();
    return Said{ControlExit::ok, success};
}

Result<Said> said_of(const Result<repository::Waits>& waits, const std::string& success) {
    if (!waits) return waits.error();
    if (waits->empty()) return Said{ControlExit::ok, success};
    std::vector<std::string> lines;
    for (const auto& wait : *waits)
        lines.push_back(fmt::format("{} by {}", wait.role, fmt::join(wait.missing, ", ")));
    return Said{ControlExit::findings,
                fmt::format("not published yet, more of these keys must sign (updatectl repo sign): {}",
                            fmt::join(lines, "; "))};
}

Result<Said> said_of(const Result<repository::RootState>& state) {
    if (!state) return state.error();
    repository::Waits waits;
    if (state->staged != 0) waits.push_back({fmt::format("root {}", state->staged), state->missing});
    return said_of(waits, fmt::format("root {} is published", state->published));
}

}  // namespace update::ctl
