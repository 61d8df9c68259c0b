// A disk in memory, for tests that look at what is done with files rather than at how.
#pragma once
#include <algorithm>
#include <cstring>
#include <map>
#include <memory>

#include "ports/files.hpp"

namespace update::test {

struct MemoryNode {
    std::vector<std::byte> bytes;
    FileInfo::Kind kind = FileInfo::Kind::file;
    std::uint64_t owner = 1000, id = 0, link_count = 1;
    unsigned flushes = 0;
    std::size_t writes = 0, largest_bytes = 0;
};

class MemoryFiles : public Files {
 public:
    std::map<Path, std::shared_ptr<MemoryNode>> nodes;
    std::map<Path, unsigned> directory_flushes;
    std::uint64_t room_bytes = ~std::uint64_t{0};  ///< what still fits
    bool loses_writes = false;                     ///< `flush` of a file fails
    std::map<Path, ErrorCode> unreadable;          ///< `info`, and to open it for reading, fail so

    std::shared_ptr<MemoryNode> put(const Path& path, std::vector<std::byte> bytes,
                                    FileInfo::Kind kind = FileInfo::Kind::file) {
        auto node = std::make_shared<MemoryNode>();
        node->bytes = std::move(bytes);
        node->kind = kind;
        node->id = ++last_id_;
        return nodes[path] = node;
    }
    bool exists(const Path& path) const { return nodes.contains(path); }
    const std::vector<std::byte>& content(const Path& path) { return nodes.at(path)->bytes; }

    Result<std::unique_ptr<File>> open(const Path& path, OpenMode mode) override;
    Status rename(const Path& from, const Path& to) override {
        if (!exists(from)) return absent(from);
        nodes[to] = nodes.at(from);
        nodes.erase(from);
        return done();
    }
    Status link(const Path& existing, const Path& name) override {
        if (!exists(existing)) return absent(existing);
        ++(nodes[name] = nodes.at(existing))->link_count;
        return done();
    }
    Status remove(const Path& path) override {
        if (exists(path)) --nodes.at(path)->link_count;
        nodes.erase(path);
        return done();
    }
    Status make_private_directory(const Path& path) override {
        if (!exists(path)) put(path, {}, FileInfo::Kind::directory);
        return done();
    }
    Status flush_directory(const Path& path) override {
        ++directory_flushes[path];
        return done();
    }
    Result<std::vector<std::string>> list(const Path& path) override {
        std::vector<std::string> names;
        for (const auto& [name, node] : nodes)
            if (name.parent_path() == path) names.push_back(name.filename().string());
        return names;
    }
    Result<FileInfo> info(const Path& path) override {
        if (const auto found = unreadable.find(path); found != unreadable.end())
            return Error{found->second, path.string()};
        if (!exists(path)) return absent(path);
        return info_of(*nodes.at(path));
    }

    static FileInfo info_of(const MemoryNode& node) {
        return {node.kind, node.bytes.size(), 0600, node.owner, node.link_count, {1, node.id}, 0};
    }

 private:
    static Error absent(const Path& path) { return {ErrorCode::not_found, path.string()}; }
    std::uint64_t last_id_ = 0;
};

class MemoryFile : public File {
 public:
    MemoryFile(MemoryFiles& files, std::shared_ptr<MemoryNode> node)
        : files_{files}, node_{std::move(node)} {}

    Result<std::size_t> read(std::uint64_t offset, std::span<std::byte> into) override {
        const auto& bytes = node_->bytes;
        if (offset >= bytes.size()) return std::size_t{0};
        const auto count = std::min<std::size_t>(into.size(), bytes.size() - offset);
        std::memcpy(into.data(), bytes.data() + offset, count);
        return count;
    }
    Status write(std::uint64_t offset, std::span<const std::byte> bytes) override {
        if (bytes.size() > files_.room_bytes) {
            Evidence evidence;
            evidence.need_bytes = bytes.size();
            evidence.have_bytes = files_.room_bytes;
            return Error{ErrorCode::no_space, "disk full"}.with(evidence);
        }
        files_.room_bytes -= bytes.size();
        node_->bytes.resize(std::max<std::size_t>(node_->bytes.size(), offset + bytes.size()));
        std::memcpy(node_->bytes.data() + offset, bytes.data(), bytes.size());
        node_->largest_bytes = std::max(node_->largest_bytes, node_->bytes.size());
        ++node_->writes;
        return done();
    }
    Status truncate(std::uint64_t size_bytes) override {
        node_->bytes.resize(size_bytes);
        return done();
    }
    Status flush() override {
        if (files_.loses_writes) return Error{ErrorCode::retry_later, "written bytes are lost"};
        ++node_->flushes;
        return done();
    }
    Result<FileInfo> info() const override { return MemoryFiles::info_of(*node_); }
    Status set_mode(std::uint32_t) override { return done(); }
    Status copy_properties(const File&) override { return done(); }

 private:
    MemoryFiles& files_;
    std::shared_ptr<MemoryNode> node_;
};

inline Result<std::unique_ptr<File>> MemoryFiles::open(const Path& path, OpenMode mode) {
    const bool create = mode == OpenMode::create_new || mode == OpenMode::read_write_new;
    if (const auto found = unreadable.find(path); found != unreadable.end() && mode == OpenMode::read)
        return Error{found->second, path.string()};
    if (!exists(path) && !create) return absent(path);
    if (exists(path) && mode == OpenMode::create_new) return Error{ErrorCode::refused, path.string()};
    if (!exists(path)) put(path, {});
    if (nodes.at(path)->kind == FileInfo::Kind::link) return Error{ErrorCode::refused, path.string()};
    return std::unique_ptr<File>{std::make_unique<MemoryFile>(*this, nodes.at(path))};
}

}  // namespace update::test
