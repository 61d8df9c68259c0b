#pragma once
#include <string>
#include <utility>

namespace update::session {

/// A text that must not be printed (the agent key). It has no stream operator, no formatter and no
/// conversion: whoever wants the text writes `reveal()`, which a reviewer can search for.
class Secret {
 public:
    Secret() = default;
    explicit Secret(std::string text) : text_{std::move(text)} {}
    const std::string& reveal() const { return text_; }
    bool operator==(const Secret&) const = default;

 private:
    std::string text_;
};

}  // namespace update::session
