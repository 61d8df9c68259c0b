#pragma once
#include <cstddef>
#include <vector>

/// Enumerates every sequence of bounded choices: run the scenario once per `next()`, ask `pick` inside it.
class EveryChoice {
 public:
    bool next() {
        at_ = 0;
        if (!started_) return started_ = true;
        while (!made_.empty() && made_.back().value + 1 >= made_.back().count) made_.pop_back();
        if (made_.empty()) return false;
        ++made_.back().value;
        return true;
    }
    int pick(int count) {
        if (at_ == made_.size()) made_.push_back({0, count});
        return made_[at_++].value;
    }

 private:
    struct Choice {
        int value, count;
    };
    std::vector<Choice> made_;
    std::size_t at_ = 0;
    bool started_ = false;
};
