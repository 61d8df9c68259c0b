// What the publisher's folder remembers beside the tree itself: lifetimes, and where private keys are.
#pragma once
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include <update/result.hpp>

namespace update::repository {

/// Days until a role's metadata expires after it was signed.
struct Lifetimes {
    int root = 365, targets = 90, snapshot = 30, timestamp = 7;  ///< delegated roles live as long as targets
    bool operator==(const Lifetimes&) const = default;
};

/// One of: a file in `keys/`, encrypted; a command that signs. None: somebody else holds it.
struct KeyPlace {
    std::string file;
    std::vector<std::string> command;  ///< program and arguments; key id and the file to be signed are added
    bool operator==(const KeyPlace&) const = default;
};

struct PublisherSettings {
    Lifetimes lifetimes;
    std::map<std::string, KeyPlace, std::less<>> keys;  ///< by key id
    bool operator==(const PublisherSettings&) const = default;
};

std::string to_json(const PublisherSettings&);
/// @return `corrupt` with the wrong member
Result<PublisherSettings> parse_publisher_settings(std::string_view text);

}  // namespace update::repository
