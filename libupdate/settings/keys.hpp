// The one list of keys that the configuration file may have. The loader reads by it, refuses what is not in
// it, and a test holds packaging/update.example.toml against it.
#pragma once
#include <span>
#include <string_view>
#include <toml++/toml.h>

#include <update/settings.hpp>

#include "settings/problem.hpp"

namespace update {

template <class Target>
struct Key {
    std::string_view name;  ///< with its sections, as "trial.probe.kind"; within a program as "path"
    Check (*read)(const toml::node&, Target& into);
};

std::span<const Key<Settings>> setting_keys();
/// The keys of each [[programs]].
std::span<const Key<ProgramSettings>> program_keys();

inline constexpr std::string_view programs_key = "programs";
inline constexpr std::size_t max_programs = 16;

}  // namespace update
