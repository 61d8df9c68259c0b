// Private to os/, Windows: what the SCM is told of this process, if it is a service.
#pragma once
#include <condition_variable>
#include <mutex>
#include <string>
#include <thread>

#include <update/result.hpp>

#include "os/notify.hpp"
#include "service/scm_exit.hpp"

namespace update {

/// One for the process: the SCM knows it by one name. Any thread.
class ServiceReport {
 public:
    static ServiceReport& instance();

    /// On the thread that the SCM called: from now on it is "starting".
    Status begin(const std::string& name);
    /// Nothing happens in a process that is no service.
    void tell(Life);
    /// The service has stopped; the SCM may forget the process. A stop that was asked for is one whatever is
    /// said here.
    void end(int exit_code, ServiceEnd = ServiceEnd::unasked);

 private:
    ServiceReport() = default;
    static unsigned long __stdcall on_control(unsigned long control, unsigned long, void*, void*);
    void stop_asked();
    void set(unsigned long state, unsigned long error, unsigned long specific);
    void show_progress();

    std::mutex mutex_;
    std::condition_variable changed_;
    void* handle_ = nullptr;
    unsigned long state_ = 0, checkpoint_ = 0;
    bool asked_ = false;
    std::thread progress_;
};

}  // namespace update
