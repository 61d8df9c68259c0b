// A disk with two faces: what programs see, and what would be left after a power cut. Whatever was not
// flushed may be lost, kept, or (the last write) torn, each for itself: more than any real file system loses.
#pragma once
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "ports/files.hpp"
#include "sim/random.hpp"

namespace update::sim {

struct Node {
    std::uint64_t id = 0;
    FileInfo::Kind kind = FileInfo::Kind::file;
    std::uint32_t mode = 0600;
    std::uint64_t links = 0;
    std::int64_t changes = 0;  ///< stands for the inode's change time
    unsigned open = 0;         ///< handles
    unsigned running = 0;      ///< processes whose image it is
    std::string bytes, durable;
    struct Write {
        std::uint64_t offset;
        std::string bytes;  ///< empty: a truncation to `offset`
    };
    std::vector<Write> unflushed;
};
using NodePtr = std::shared_ptr<Node>;

struct StringHash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const { return std::hash<std::string_view>{}(text); }
};
using Names = std::unordered_map<std::string, NodePtr, StringHash, std::equal_to<>>;

class Disk {
 public:
    static constexpr std::size_t sector_bytes = 512;

    NodePtr find(std::string_view path) const;
    /// Visible and durable at once: what was there before the story begins.
    NodePtr put(const std::string& path, std::string bytes, FileInfo::Kind kind = FileInfo::Kind::file);

    NodePtr create(const std::string& path, FileInfo::Kind kind);
    void rename(const std::string& from, const std::string& to);
    void link(const std::string& existing, const std::string& name);
    void remove(const std::string& path);
    void write(Node&, std::uint64_t offset, std::string_view bytes);
    void truncate(Node&, std::uint64_t size);
    void flush(Node&);
    void flush_directory(std::string_view path);
    std::vector<std::string> list(std::string_view directory) const;
    bool has_children(std::string_view directory) const;

    /// @return how many un-flushed changes were at stake
    unsigned power_off(Dice&);
    const Names& names() const { return visible_; }

 private:
    struct Change {
        std::string directory, name;  ///< name: the whole path
        NodePtr node;                 ///< none: the name goes
        std::string gone;             ///< a rename: this name goes with it
        std::int64_t changes = 0;     ///< of the node before: what is lost leaves no trace on it
    };
    void apply(const Change&, Names&) const;
    void change(std::string name, NodePtr node, std::string gone = {});

    Names visible_, durable_;
    std::vector<Change> unflushed_;
    std::uint64_t last_id_ = 100;
};

std::string_view parent_of(std::string_view path);

}  // namespace update::sim
