#include <algorithm>
#include <fmt/format.h>
#include <limits>
#include <nlohmann/json.hpp>
#include <utility>

#include "base/grammar.hpp"
#include "trust/json.hpp"

namespace update::trust {
namespace {

using Library = nlohmann::json;

/// Builds the value while nlohmann's reader walks the text, and ends the walk at what readers disagree about.
/// The member names are those that nlohmann::json::sax_parse calls.
class Builder {
 public:
    Json value;
    std::string trouble;

    bool null() { return add(Json{}); }
    bool boolean(bool flag) { return add(Json{flag}); }
    bool number_integer(Library::number_integer_t number) { return add(Json{std::int64_t{number}}); }
    bool number_unsigned(Library::number_unsigned_t number) {
        if (std::cmp_greater(number, std::numeric_limits<std::int64_t>::max())) return not_whole();
        return add(Json{static_cast<std::int64_t>(number)});
    }
    bool number_float(Library::number_float_t /*number*/, const std::string& /*text*/) { return not_whole(); }
    bool string(std::string& text) { return add(Json{std::move(text)}); }
    bool binary(Library::binary_t& /*bytes*/) { return fail("not text"); }
    bool start_object(std::size_t /*size*/) { return open({.is_object = true}); }
    bool start_array(std::size_t /*size*/) { return open({}); }
    bool key(std::string& name) {
        open_.back().members.push_back({std::move(name), Json{}});
        return true;
    }
    bool end_object() {
        auto members = close().members;
        std::ranges::sort(members, {}, &Member::name);
        if (std::ranges::adjacent_find(members, {}, &Member::name) != members.end())
            return fail("a name occurs twice in one object");
        return add(Json{std::move(members)});
    }
    bool end_array() { return add(Json{close().elements}); }
    bool parse_error(std::size_t position, const std::string& /*token*/, const Library::exception& /*why*/) {
        return fail(fmt::format("not JSON at byte {}", position));
    }

 private:
    struct Open {
        bool is_object = false;
        Json::Array elements{};
        Json::Object members{};  ///< the last one waits for its value
    };

    bool fail(std::string what) {
        trouble = std::move(what);
        return false;
    }
    bool not_whole() { return fail("a number is not a whole one of 64 bits"); }
    bool open(Open what) {
        if (open_.size() > max_depth) return fail("nested too deep");
        open_.push_back(std::move(what));
        return true;
    }
    Open close() {
        Open closed = std::move(open_.back());
        open_.pop_back();
        return closed;
    }
    bool add(Json part) {
        if (open_.empty())
            value = std::move(part);
        else if (open_.back().is_object)
            open_.back().members.back().value = std::move(part);
        else
            open_.back().elements.push_back(std::move(part));
        return true;
    }

    std::vector<Open> open_;
};

}  // namespace

Result<Json> parse_json(std::string_view text, std::size_t max_bytes) {
    const auto corrupt = [](std::string why) { return Error{ErrorCode::corrupt, std::move(why)}; };
    if (text.size() > max_bytes)
        return corrupt(fmt::format("{} bytes, at most {} are acceptable", text.size(), max_bytes));
    if (!is_utf8(text)) return corrupt("not UTF-8");
    // The library passes over the one and takes the other for the end of the text.
    if (text.starts_with("\xef\xbb\xbf")) return corrupt("a byte order mark");
    if (text.find('\0') != std::string_view::npos) return corrupt("a zero byte");
    Builder builder;
    if (!Library::sax_parse(text, &builder)) return corrupt("not acceptable JSON: " + builder.trouble);
    return std::move(builder.value);
}

}  // namespace update::trust
