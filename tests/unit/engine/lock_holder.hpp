// Another process that holds a lock until it is killed.
#pragma once
#include <cstdint>

#include "ports/files.hpp"

namespace update::test {

class LockHolder {
 public:
    /// Returns once the other process has the lock.
    explicit LockHolder(const Path& lock);
    ~LockHolder() { kill(); }
    LockHolder(const LockHolder&) = delete;
    LockHolder& operator=(const LockHolder&) = delete;
    /// Without a word to it, and waits until it is gone.
    void kill();

 private:
    std::intptr_t process_ = 0;  ///< its number, or the handle on it; 0: none
};

}  // namespace update::test
