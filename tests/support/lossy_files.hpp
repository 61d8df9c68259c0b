// A disk in memory of which the plug can be pulled at any change: what was not flushed is then lost, kept or
// torn.
#pragma once
#include <algorithm>
#include <map>
#include <string>

#include "ports/files.hpp"
#include "ports/public_folders.hpp"
#include "sim/disk.hpp"

namespace update::test {

struct PlugPulled {};

class LossyFiles : public Files, public PublicFolders {
 public:
    /// Pulled instead of this change, counted from 0; later changes are none, as nobody is there to make
    /// them.
    static constexpr unsigned never = ~0U;
    void pull_the_plug_at(unsigned change) { left_ = change; }
    /// As the machine finds it when it is on again.
    void power_on(std::uint64_t seed) {
        sim::Dice dice{seed};
        disk_.power_off(dice);
        left_ = never;
    }
    /// All that is there, folders with an empty content; to begin with it again.
    using Content = std::map<std::string, std::pair<FileInfo::Kind, std::string>>;
    Content content() const {
        Content all;
        for (const auto& [path, node] : disk_.names()) all[path] = {node->kind, node->bytes};
        return all;
    }
    void begin_with(const Content& all) {
        disk_ = {};
        for (const auto& [path, entry] : all) disk_.put(path, entry.second, entry.first);
    }

    Result<std::unique_ptr<File>> open(const Path& path, OpenMode mode) override {
        auto node = disk_.find(name_of(path));
        const bool creates = mode == OpenMode::create_new || mode == OpenMode::read_write_new;
        if (node && mode == OpenMode::create_new) return Error{ErrorCode::refused, path.string() + " exists"};
        if (node && node->kind != FileInfo::Kind::file)
            return Error{ErrorCode::refused, path.string() + " is no file"};
        if (!node && !creates) return absent(path);
        if (!node) {
            if (!disk_.find(name_of(path.parent_path()))) return absent(path.parent_path());
            change();
            node = disk_.create(name_of(path), FileInfo::Kind::file);
        }
        return std::unique_ptr<File>{std::make_unique<Handle>(*this, std::move(node))};
    }
    Status rename(const Path& from, const Path& to) override {
        if (!disk_.find(name_of(from))) return absent(from);
        change();
        disk_.rename(name_of(from), name_of(to));
        return done();
    }
    Status link(const Path&, const Path&) override { return Error{ErrorCode::unsupported, "no links"}; }
    Status remove(const Path& path) override {
        if (!disk_.find(name_of(path))) return done();
        change();
        disk_.remove(name_of(path));
        return done();
    }
    Status make_private_directory(const Path& path) override {
        if (disk_.find(name_of(path))) return done();
        change();
        disk_.create(name_of(path), FileInfo::Kind::directory);
        return done();
    }
    Status make(const Path& folder) override { return make_private_directory(folder); }
    Status flush_directory(const Path& path) override {
        change();
        disk_.flush_directory(name_of(path));
        return done();
    }
    Result<std::vector<std::string>> list(const Path& path) override {
        if (!disk_.find(name_of(path))) return absent(path);
        return disk_.list(name_of(path));
    }
    Result<FileInfo> info(const Path& path) override {
        const auto node = disk_.find(name_of(path));
        if (!node) return absent(path);
        return info_of(*node);
    }

 private:
    /// As the disk names it, on Windows, too.
    static std::string name_of(const Path& path) { return path.generic_string(); }
    static Error absent(const Path& path) {
        return Error{ErrorCode::not_found, path.string() + " is not there"};
    }
    static FileInfo info_of(const sim::Node& node) {
        return {node.kind, node.bytes.size(), node.mode, 1000, node.links, {1, node.id}, node.changes};
    }
    void change() {
        if (left_ == 0) throw PlugPulled{};
        if (left_ != never) --left_;
    }

    class Handle : public File {
     public:
        Handle(LossyFiles& files, sim::NodePtr node) : files_{files}, node_{std::move(node)} {}
        Result<std::size_t> read(std::uint64_t offset, std::span<std::byte> into) override {
            if (offset >= node_->bytes.size()) return std::size_t{0};
            const auto count = std::min<std::size_t>(into.size(), node_->bytes.size() - offset);
            std::ranges::copy(std::as_bytes(std::span{node_->bytes}).subspan(offset, count), into.begin());
            return count;
        }
        Status write(std::uint64_t offset, std::span<const std::byte> bytes) override {
            if (bytes.empty()) return done();
            files_.change();
            files_.disk_.write(*node_, offset, {reinterpret_cast<const char*>(bytes.data()), bytes.size()});
            return done();
        }
        Status truncate(std::uint64_t size_bytes) override {
            files_.change();
            files_.disk_.truncate(*node_, size_bytes);
            return done();
        }
        Status flush() override {
            files_.change();
            files_.disk_.flush(*node_);
            return done();
        }
        Result<FileInfo> info() const override { return info_of(*node_); }
        Status copy_properties(const File&) override { return done(); }
        Status set_mode(std::uint32_t mode) override {
            node_->mode = mode;
            return done();
        }

     private:
        LossyFiles& files_;
        const sim::NodePtr node_;
    };

    sim::Disk disk_;
    unsigned left_ = never;
};

}  // namespace update::test
