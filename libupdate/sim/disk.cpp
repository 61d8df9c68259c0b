#include "sim/disk.hpp"

#include <algorithm>

namespace update::sim {
namespace {

void apply_write(std::string& bytes, const Node::Write& write) {
    if (write.bytes.empty()) return bytes.resize(write.offset);
    if (bytes.size() < write.offset + write.bytes.size()) bytes.resize(write.offset + write.bytes.size());
    bytes.replace(write.offset, write.bytes.size(), write.bytes);
}

bool lies_in(std::string_view directory, std::string_view path) {
    return path.size() > directory.size() && path[directory.size()] == '/' && path.starts_with(directory) &&
           path.find('/', directory.size() + 1) == std::string_view::npos;
}

}  // namespace

std::string_view parent_of(std::string_view path) { return path.substr(0, path.rfind('/')); }

NodePtr Disk::find(std::string_view path) const {
    const auto found = visible_.find(path);
    return found == visible_.end() ? nullptr : found->second;
}

NodePtr Disk::put(const std::string& path, std::string bytes, FileInfo::Kind kind) {
    auto node = std::make_shared<Node>();
    node->id = ++last_id_;
    node->kind = kind;
    node->mode = kind == FileInfo::Kind::directory ? 0700 : 0755;
    node->links = 1;
    node->durable = bytes;
    node->bytes = std::move(bytes);
    visible_[path] = durable_[path] = node;
    return node;
}

void Disk::apply(const Change& change, Names& names) const {
    if (!change.gone.empty()) names.erase(change.gone);
    if (change.node)
        names[change.name] = change.node;
    else
        names.erase(change.name);
}

void Disk::change(std::string name, NodePtr node, std::string gone) {
    const std::int64_t changes = node ? node->changes++ : 0;
    unflushed_.push_back(
        {std::string{parent_of(name)}, std::move(name), std::move(node), std::move(gone), changes});
    apply(unflushed_.back(), visible_);
}

NodePtr Disk::create(const std::string& path, FileInfo::Kind kind) {
    auto node = std::make_shared<Node>();
    node->id = ++last_id_;
    node->kind = kind;
    node->links = 1;
    if (kind == FileInfo::Kind::directory) node->mode = 0700;
    change(path, node);
    return node;
}

void Disk::rename(const std::string& from, const std::string& to) {
    const NodePtr node = find(from);
    const NodePtr replaced = find(to);
    if (node == replaced) return;  // two names of one file: POSIX does nothing
    if (replaced) --replaced->links;
    change(to, node, from);
}

void Disk::link(const std::string& existing, const std::string& name) {
    const NodePtr node = find(existing);
    ++node->links;
    change(name, node);
}

void Disk::remove(const std::string& path) {
    const NodePtr node = find(path);
    --node->links;
    ++node->changes;
    change(path, nullptr);
}

void Disk::write(Node& node, std::uint64_t offset, std::string_view bytes) {
    ++node.changes;
    node.unflushed.push_back({offset, std::string{bytes}});
    apply_write(node.bytes, node.unflushed.back());
}

void Disk::truncate(Node& node, std::uint64_t size) {
    if (size == node.bytes.size()) return;
    ++node.changes;
    node.unflushed.push_back({size, {}});
    node.bytes.resize(size);
}

void Disk::flush(Node& node) {
    if (node.unflushed.empty()) return;
    node.durable = node.bytes;
    node.unflushed.clear();
}

void Disk::flush_directory(std::string_view path) {
    std::erase_if(unflushed_, [&](const Change& change) {
        if (change.directory != path) return false;
        apply(change, durable_);
        return true;
    });
}

std::vector<std::string> Disk::list(std::string_view directory) const {
    std::vector<std::string> names;
    for (const auto& [path, node] : visible_)
        if (lies_in(directory, path)) names.push_back(path.substr(directory.size() + 1));
    std::ranges::sort(names);
    return names;
}

bool Disk::has_children(std::string_view directory) const {
    return std::ranges::any_of(visible_, [&](const auto& entry) { return lies_in(directory, entry.first); });
}

unsigned Disk::power_off(Dice& dice) {
    unsigned at_stake = static_cast<unsigned>(unflushed_.size());
    for (const Change& change : unflushed_)
        if (dice.chance(50))
            apply(change, durable_);
        else if (change.node)
            change.node->changes = change.changes;
    unflushed_.clear();
    // A name below a folder whose own name was lost is lost with it.
    std::erase_if(durable_, [&](const auto& entry) {
        for (auto folder = parent_of(entry.first); !folder.empty(); folder = parent_of(folder))
            if (!durable_.contains(folder)) return true;
        return false;
    });
    std::map<std::uint64_t, NodePtr> nodes;  // in the order of their making: the dice fall the same each time
    for (const auto& [path, node] : durable_) nodes[node->id] = node;
    for (const auto& [path, node] : visible_) nodes[node->id] = node;
    for (auto& [id, node] : nodes) {
        node->links = 0;
        node->open = node->running = 0;
        at_stake += static_cast<unsigned>(node->unflushed.size());
        for (Node::Write& write : node->unflushed) {
            if (dice.chance(40)) continue;  // lost
            if (&write == &node->unflushed.back() && write.bytes.size() > sector_bytes && dice.chance(50))
                write.bytes.resize(sector_bytes * (1 + dice.below(write.bytes.size() / sector_bytes)));
            apply_write(node->durable, write);
        }
        node->unflushed.clear();
        node->bytes = node->durable;
    }
    for (const auto& [path, node] : durable_) ++node->links;
    visible_ = durable_;
    return at_stake;
}

}  // namespace update::sim
