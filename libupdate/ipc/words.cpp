#include "ipc/words.hpp"

#include <array>
#include <cstddef>

namespace update::ipc {
namespace {

// In the order of the enumerations; the sizes keep them in step.
constexpr std::array<std::string_view, static_cast<std::size_t>(Type::renew) + 1> types{
    "Ping",    "Status", "PerformUpdate", "RestartAgent", "UpdateConfig",
    "Confirm", "Cancel", "RollBack",      "Renew"};
constexpr std::array<std::string_view, static_cast<std::size_t>(Level::acknowledged) + 1> levels{
    "alive", "ready", "accepted", "acknowledged"};

template <class Enum, std::size_t N>
std::optional<Enum> find(const std::array<std::string_view, N>& words, std::string_view word) {
    for (std::size_t i = 0; i < N; ++i)
        if (words[i] == word) return static_cast<Enum>(i);
    return std::nullopt;
}

}  // namespace

std::string_view name(Type type) { return types.at(static_cast<std::size_t>(type)); }
std::string_view name(Level level) { return levels.at(static_cast<std::size_t>(level)); }
std::optional<Type> type_named(std::string_view word) { return find<Type>(types, word); }
std::optional<Level> level_named(std::string_view word) { return find<Level>(levels, word); }

}  // namespace update::ipc
