#include <fmt/format.h>

#include "os/event_loop.hpp"
#include "os/handshake_door.hpp"
#include "os/open_process.hpp"
#include "os/os_error.hpp"
#include "os/scheduled_task.hpp"
#include "os/spawn.hpp"
#include "os/wide.hpp"
#include "os/windows.hpp"
#include "service/task_xml.hpp"
// Not before windows.h.
#include <oleauto.h>
#include <taskschd.h>

namespace update {
namespace {

template <class Interface>
class Com {
 public:
    Com() = default;
    Com(const Com&) = delete;
    Com& operator=(const Com&) = delete;
    ~Com() {
        if (pointer_ != nullptr) pointer_->Release();
    }
    Interface** into() { return &pointer_; }
    Interface* operator->() const { return pointer_; }

 private:
    Interface* pointer_ = nullptr;
};

class Bstr {
 public:
    explicit Bstr(const std::wstring& text) : text_{::SysAllocString(text.c_str())} {}
    Bstr(const Bstr&) = delete;
    Bstr& operator=(const Bstr&) = delete;
    ~Bstr() { ::SysFreeString(text_); }
    BSTR get() const { return text_; }

 private:
    BSTR text_;
};

/// COM for this thread, unless somebody has it there already.
class ComThread {
 public:
    ComThread() : ours_{SUCCEEDED(::CoInitializeEx(nullptr, COINIT_MULTITHREADED))} {}
    ComThread(const ComThread&) = delete;
    ComThread& operator=(const ComThread&) = delete;
    ~ComThread() {
        if (ours_) ::CoUninitialize();
    }

 private:
    bool ours_;
};

Error failed(HRESULT result, const std::string& what) {
    if (result == E_NOTIMPL || result == REGDB_E_CLASSNOTREG || result == CO_E_SERVER_EXEC_FAILURE)
        return Error{ErrorCode::unsupported, what + ": there is no Task Scheduler here"};
    if (HRESULT_FACILITY(result) == FACILITY_WIN32) return os_error(HRESULT_CODE(result), what);
    return Error{ErrorCode::retry_later, fmt::format("{} (0x{:08x})", what, static_cast<unsigned>(result))};
}

/// A task in the root folder of the scheduler, deleted at the end of this.
class Task {
 public:
    Status make(const std::wstring& name, const std::wstring& xml) {
        HRESULT result = ::CoCreateInstance(CLSID_TaskScheduler, nullptr, CLSCTX_INPROC_SERVER,
                                            IID_ITaskService, reinterpret_cast<void**>(service_.into()));
        if (FAILED(result)) return failed(result, "reach the Task Scheduler");
        const VARIANT none{};
        result = service_->Connect(none, none, none, none);
        if (FAILED(result)) return failed(result, "reach the Task Scheduler");
        result = service_->GetFolder(Bstr{L"\\"}.get(), folder_.into());
        if (FAILED(result)) return failed(result, "open the folder of tasks");
        result = folder_->RegisterTask(Bstr{name}.get(), Bstr{xml}.get(), TASK_CREATE, none, none,
                                       TASK_LOGON_SERVICE_ACCOUNT, none, task_.into());
        if (FAILED(result)) return failed(result, "make a task");
        name_ = name;
        return done();
    }
    ~Task() {
        if (!name_.empty()) folder_->DeleteTask(Bstr{name_}.get(), 0);
    }
    Result<Handle> run() {
        const VARIANT none{};
        Com<IRunningTask> running;
        HRESULT result = task_->Run(none, running.into());
        if (FAILED(result)) return failed(result, "run a task");
        DWORD pid = 0;
        result = running->get_EnginePID(&pid);
        if (FAILED(result)) return failed(result, "ask for the process of a task");
        return open_process_number(pid, PROCESS_TERMINATE);
    }

 private:
    Com<ITaskService> service_;
    Com<ITaskFolder> folder_;
    Com<IRegisteredTask> task_;
    std::wstring name_;
};

}  // namespace

Result<ProcessId> run_as_task(const Command& command, std::chrono::milliseconds handshake_timeout) {
    const auto what = "run '" + command.program.string() + "' as a task";
    const Instant deadline = EventLoop::now() + handshake_timeout;
    UPDATE_CHECK(check_program(command), what);
    UPDATE_TRY(door, HandshakeDoor::open(), what);
    auto arguments = command.arguments;
    arguments.insert(arguments.end(), {handshake_word, door.name()});
    const std::string name = "update-" + door.name().substr(handshake_prefix.size());
    UPDATE_TRY(wide_name, to_wide(name), what);
    const auto program = Path{command.program}.make_preferred().string();
    UPDATE_TRY(xml, to_wide(task_xml(program, arguments, "A helper of an update that is under way")), what);
    const ComThread com;
    Task task;
    UPDATE_CHECK(task.make(wide_name, xml), what);
    UPDATE_TRY(process, task.run(), what);
    if (auto answered = door.await(process.get(), deadline); !answered) {
        ::TerminateProcess(process.get(), killed_code);
        return std::move(answered).error().in(what);
    }
    return identify(process.get());
}

}  // namespace update
