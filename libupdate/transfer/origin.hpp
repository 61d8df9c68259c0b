// Where the bytes of a partial file came from, kept beside it.
#pragma once
#include <optional>
#include <string>

#include "ports/files.hpp"

namespace update {

struct Origin {
    std::string url;
    std::string etag, last_modified;  ///< as the server sent them, may be empty
    /// The bytes are of several answers that nothing but the final digest ties together: a wrong digest then
    /// says nothing against the mirror that was asked last.
    bool mixed = false;

    /// For the If-Range header: the ETag when it is strong, else the date; empty when there is neither.
    std::string validator() const;
    bool operator==(const Origin&) const = default;
};

/// @return nothing when it is absent or unreadable in any way: the partial file's bytes are then of unknown
/// origin.
std::optional<Origin> read_origin(Files&, const Path&);
/// Durable when it returns. A crash half-way leaves something unreadable.
Status write_origin(Files&, const Path&, const Origin&);

}  // namespace update
