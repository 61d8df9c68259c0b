#include "settings/suggestion.hpp"

#include <algorithm>
#include <numeric>

#include "base/grammar.hpp"

namespace update {
namespace {

/// Levenshtein's distance: insertions, deletions and replacements of one character.
std::size_t distance(std::string_view a, std::string_view b) {
    std::vector<std::size_t> row(b.size() + 1);
    std::iota(row.begin(), row.end(), std::size_t{0});
    for (std::size_t i = 0; i < a.size(); ++i) {
        std::size_t diagonal = row[0]++;
        for (std::size_t j = 0; j < b.size(); ++j) {
            const std::size_t replaced = diagonal + (a[i] == b[j] ? 0 : 1);
            diagonal = row[j + 1];
            row[j + 1] = std::min({replaced, row[j] + 1, diagonal + 1});
        }
    }
    return row.back();
}

std::string folded(std::string_view name) {
    std::string text = ascii_lower(name);
    std::ranges::replace(text, '-', '_');
    return text;
}

std::string_view last_word(std::string_view name) { return name.substr(name.rfind('.') + 1); }

}  // namespace

std::string nearest_name(std::string_view unknown, const std::vector<std::string>& known) {
    const std::string wanted = folded(unknown.substr(0, 64));  // no key is that long: bounds the work
    std::size_t best = std::max<std::size_t>(2, wanted.size() / 5) + 1;
    std::string nearest;
    for (const std::string& name : known) {
        const std::size_t far = last_word(name) == last_word(wanted) ? 1 : distance(wanted, name);
        if (far >= best) continue;
        best = far;
        nearest = name;
    }
    return nearest;
}

}  // namespace update
