// A variable of this process's environment that goes with the test.
#pragma once
#include <stdlib.h>
#include <string>
#include <utility>

namespace update::test {

class EnvironmentVariable {
 public:
    EnvironmentVariable(std::string name, const std::string& value) : name_{std::move(name)} { set(value); }
    EnvironmentVariable(const EnvironmentVariable&) = delete;
    EnvironmentVariable& operator=(const EnvironmentVariable&) = delete;
#ifdef _WIN32
    ~EnvironmentVariable() { set({}); }  // which is how one is removed there

 private:
    void set(const std::string& value) const { ::_putenv_s(name_.c_str(), value.c_str()); }
#else
    ~EnvironmentVariable() { ::unsetenv(name_.c_str()); }

 private:
    void set(const std::string& value) const { ::setenv(name_.c_str(), value.c_str(), 1); }
#endif
    std::string name_;
};

}  // namespace update::test
