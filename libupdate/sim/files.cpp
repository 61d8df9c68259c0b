#include "sim/files.hpp"

#include <algorithm>
#include <cstring>
#include <fmt/format.h>

#include "sim/former.hpp"

namespace update::sim {
namespace {

/// As the disk names it: no copy where the system's own way of writing is the same.
template <class P>
decltype(auto) name_of(const P& path) {
    if constexpr (std::is_same_v<typename P::string_type, std::string>)
        return (path.native());
    else
        return path.generic_string();
}

Error absent(const std::string& path) { return {ErrorCode::not_found, path}; }

FileInfo info_of(const Node& node) {
    return {node.kind, node.bytes.size(), node.mode, 1000, node.links, {1, node.id}, node.changes};
}

}  // namespace

class SimFile final : public File {
 public:
    SimFile(SimFiles& files, std::string path, NodePtr node)
        : files_{files},
          path_{std::move(path)},
          node_{std::move(node)},
          is_journal_{std::ranges::count(files_.world_.places.journal, path_) > 0} {
        ++node_->open;
    }
    SimFile(const SimFile&) = delete;
    SimFile& operator=(const SimFile&) = delete;
    ~SimFile() override {
        if (node_->open > 0) --node_->open;
    }

    Result<std::size_t> read(std::uint64_t offset, std::span<std::byte> into) override {
        UPDATE_CHECK(files_.reading(), "read");
        if (is_former_journal()) return copy(as_former(node_->bytes), offset, into);
        return copy(node_->bytes, offset, into);
    }
    /// In two halves: a process can die, and a disk be full, between them.
    Status write(std::uint64_t offset, std::span<const std::byte> bytes) override {
        if (bytes.empty()) return done();
        std::string_view text{reinterpret_cast<const char*>(bytes.data()), bytes.size()};
        std::string former;
        if (is_former_journal()) text = former = as_former(text);
        if (is_journal_) files_.world_.ghost.journal_written(text);
        const std::size_t half = files_.about_to_strike() ? text.size() / 2 : 0;
        if (half > 0) files_.world_.disk.write(*node_, offset, text.substr(0, half));
        UPDATE_CHECK(files_.point(Op::write, "write", path_), "write");
        files_.world_.disk.write(*node_, offset, text);
        files_.world_.ghost.names_changed(path_);
        return done();
    }
    Status truncate(std::uint64_t size) override {
        UPDATE_CHECK(files_.point(Op::write, "truncate", path_), "truncate");
        files_.world_.disk.truncate(*node_, size);
        return done();
    }
    Status flush() override {
        UPDATE_CHECK(files_.point(Op::flush, "flush", path_), "flush");
        files_.world_.disk.flush(*node_);
        return done();
    }
    Result<FileInfo> info() const override {
        UPDATE_CHECK(files_.reading(), "look");
        return info_of(*node_);
    }
    Status copy_properties(const File& from) override {
        UPDATE_CHECK(files_.point(Op::create, "properties", path_), "properties");
        node_->mode = static_cast<const SimFile&>(from).node_->mode;
        ++node_->changes;
        return done();
    }
    Status set_mode(std::uint32_t mode) override {
        UPDATE_CHECK(files_.point(Op::create, "mode", path_), "mode");
        node_->mode = mode;
        ++node_->changes;
        return done();
    }

 private:
    bool is_former_journal() const {
        return is_journal_ && files_.process_ != nullptr &&
               is_former(files_.world_.scenario, *files_.process_);
    }
    static std::size_t copy(std::string_view bytes, std::uint64_t offset, std::span<std::byte> into) {
        if (offset >= bytes.size()) return 0;
        const auto count = std::min<std::size_t>(into.size(), bytes.size() - offset);
        std::memcpy(into.data(), bytes.data() + offset, count);
        return count;
    }

    SimFiles& files_;
    const std::string path_;
    NodePtr node_;
    const bool is_journal_;
};

Status SimFiles::point(Op op, const char* what, const std::string& path) {
    return process_ ? world_.point(*process_, op, what, path) : done();
}
Status SimFiles::reading() { return process_ ? world_.reading(*process_) : done(); }
bool SimFiles::about_to_strike() const { return process_ != nullptr && world_.strikes_next(); }

Result<std::unique_ptr<File>> SimFiles::open(const Path& file, OpenMode mode) {
    const std::string& path = name_of(file);
    NodePtr node = world_.disk.find(path);
    const bool create = mode == OpenMode::create_new || mode == OpenMode::read_write_new;
    if (node && mode == OpenMode::create_new) return Error{ErrorCode::refused, path + " exists"};
    if (node && node->kind != FileInfo::Kind::file) return Error{ErrorCode::refused, path + " is no file"};
    if (!node && !create) return absent(path);
    if (!node) {
        UPDATE_CHECK(point(Op::create, "create", path), "create");
        if (!parent_exists(path)) return absent(path);
        node = world_.disk.create(path, FileInfo::Kind::file);
        if (path.find("/.update-") != std::string::npos || path.find(".partial") != std::string::npos)
            world_.newest_file = path;
    } else {
        UPDATE_CHECK(reading(), "open");
        if (mode != OpenMode::read && node->running > 0) return Error{ErrorCode::retry_later, path + " runs"};
    }
    return std::unique_ptr<File>{std::make_unique<SimFile>(*this, path, std::move(node))};
}

bool SimFiles::parent_exists(const std::string& path) const {
    return parent_of(path).empty() || world_.disk.find(parent_of(path)) != nullptr;
}

/// Another file stands there now, or none.
void SimFiles::exchanged(const std::string& path) {
    world_.ghost.file_exchanged(process_, path);
    if (process_ == nullptr || std::ranges::count(world_.places.installed, path) == 0) return;
    process_->dies_next = world_.takes(FaultKind::crash_between);
}

/// Windows (os/replace_windows): no file takes the place of a running image, so that it steps aside first. In
/// between nothing has this name, which the system was asked before to put right at its next start. Each of
/// the two is on the disk before what comes next.
Status SimFiles::step_aside(const std::string& name, const std::string& successor) {
    std::string aside = name + ".old";
    for (int n = 1; world_.disk.find(aside); ++n) {
        if (world_.disk.find(aside)->running == 0)
            world_.disk.remove(aside);
        else
            aside = fmt::format("{}.old{}", name, n);
    }
    world_.put_back_at_boot[name] = aside;
    world_.disk.rename(name, aside);
    world_.disk.flush_directory(parent_of(name));
    world_.ghost.names_changed(name);
    Status may_follow = point(Op::rename, "put in the place of", name);
    if (may_follow && !world_.disk.find(successor)) may_follow = absent(successor);
    if (may_follow || world_.disk.find(name)) return may_follow;
    world_.disk.rename(aside, name);
    world_.disk.flush_directory(parent_of(name));
    world_.put_back_at_boot.erase(name);
    world_.ghost.names_changed(name);
    return may_follow;
}

/// Hard links are not offered on Windows: a helper that ran from one would keep the agent's own file from
/// being replaced.
Status SimFiles::rename(const Path& from_path, const Path& to_path) {
    const std::string &from = name_of(from_path), &to = name_of(to_path);
    UPDATE_CHECK(point(Op::rename, "rename to", to), "rename");
    const NodePtr node = world_.disk.find(from), target = world_.disk.find(to);
    if (!node) return absent(from);
    if (!parent_exists(to)) return absent(to);
    const bool windows = world_.platform == Platform::windows_rules;
    const bool other = target && target != node;
    if (windows && other && target->open > 0) return Error{ErrorCode::retry_later, to + " is in use"};
    if (windows && node->open > 0) return Error{ErrorCode::retry_later, from + " is open"};
    const bool runs = windows && other && target->running > 0;
    if (runs) UPDATE_CHECK(step_aside(to, from), "step aside");
    world_.disk.rename(from, to);
    if (runs) {
        world_.disk.flush_directory(parent_of(to));
        world_.put_back_at_boot.erase(to);
    }
    if (to.find("/.update-") != std::string::npos) world_.newest_file = to;
    if (target != node) exchanged(to);
    if (other) world_.ghost.removed(to, target);
    world_.ghost.names_changed(from);
    world_.ghost.names_changed(to);
    return done();
}

Status SimFiles::link(const Path& existing, const Path& name) {
    UPDATE_CHECK(point(Op::create, "link", name_of(name)), "link");
    const NodePtr node = world_.disk.find(name_of(existing));
    if (!node) return absent(name_of(existing));
    if (world_.platform == Platform::windows_rules || world_.meets(FaultKind::no_links))
        return Error{ErrorCode::unsupported, "no hard links here"};
    if (world_.disk.find(name_of(name))) return Error{ErrorCode::refused, name_of(name) + " exists"};
    if (!parent_exists(name_of(name))) return absent(name_of(name));
    world_.disk.link(name_of(existing), name_of(name));
    return done();
}

Status SimFiles::remove(const Path& file) {
    const std::string& path = name_of(file);
    if (!world_.disk.find(path)) return done();
    UPDATE_CHECK(point(Op::remove, "remove", path), "remove");
    const NodePtr node = world_.disk.find(path);
    if (!node) return done();
    if (node->kind == FileInfo::Kind::directory && world_.disk.has_children(path))
        return Error{ErrorCode::retry_later, path + " is not empty"};
    if (world_.platform == Platform::windows_rules && (node->running > 0 || node->open > 0))
        return Error{ErrorCode::retry_later, path + " is in use"};
    world_.disk.remove(path);
    exchanged(path);
    world_.ghost.removed(path, node);
    return done();
}

Status SimFiles::make_private_directory(const Path& folder) {
    const std::string& path = name_of(folder);
    if (world_.disk.find(path)) return done();
    UPDATE_CHECK(point(Op::create, "folder", path), "folder");
    if (!parent_exists(path)) return absent(path);
    if (!world_.disk.find(path)) world_.disk.create(path, FileInfo::Kind::directory);
    return done();
}

Status SimFiles::flush_directory(const Path& folder) {
    UPDATE_CHECK(point(Op::flush, "flush folder", name_of(folder)), "flush folder");
    const std::string path = folder == "/" ? "" : name_of(folder);
    if (!path.empty() && !world_.disk.find(path)) return absent(path);
    world_.disk.flush_directory(path);
    return done();
}

Result<std::vector<std::string>> SimFiles::list(const Path& folder) {
    UPDATE_CHECK(reading(), "list");
    if (!world_.disk.find(name_of(folder))) return absent(name_of(folder));
    return world_.disk.list(name_of(folder));
}

Result<FileInfo> SimFiles::info(const Path& path) {
    UPDATE_CHECK(reading(), "look");
    const NodePtr node = world_.disk.find(name_of(path));
    if (!node) return absent(name_of(path));
    return info_of(*node);
}

}  // namespace update::sim
