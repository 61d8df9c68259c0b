#pragma once
#include <mutex>
#include <string>
#include <vector>

#include <update/outcome.hpp>

#include "layout/layout.hpp"
#include "ports/files.hpp"

namespace update {

/// The outcomes that the server has not confirmed. Any thread.
class OutcomeBox {
 public:
    OutcomeBox(Files& files, const Layout& layout) : files_{files}, layout_{layout} {}
    /// Oldest first; an unreadable file is left out.
    std::vector<Outcome> unconfirmed() const;
    Status remove(const std::string& update_id);
    /// Are there other outcomes than at the last call?
    bool changed();

 private:
    std::vector<std::string> names() const;

    Files& files_;
    const Layout& layout_;
    std::mutex mutex_;
    std::vector<std::string> seen_;
};

}  // namespace update
