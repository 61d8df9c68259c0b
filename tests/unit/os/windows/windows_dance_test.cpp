// The rename of a running image is more than one step. Its process is really killed before each of them, and
// after the last: there is always a whole program, and the same call completes the work.
#include <optional>

#include "os/asides.hpp"
#include "os/wide.hpp"
#include "step_killer.hpp"

using namespace update;
using namespace windows_test;

namespace {

struct Dance {
    Dance() {
        write(folder / "0.new", "new program");
        running.emplace(folder / "agent.exe");
        old_size = std::filesystem::file_size(folder / "agent.exe");
    }
    std::wstring command() const {
        return L"\"" + *to_wide(WINDOWS_TEST_HELPER) + L"\" rename \"" + (folder / "0.new").wstring() +
               L"\" \"" + (folder / "agent.exe").wstring() + L"\"";
    }
    bool is_new(const std::string& name) const { return read(folder / name) == "new program"; }
    bool is_old(const std::string& name) const {
        std::error_code absent;
        return std::filesystem::file_size(folder / name, absent) == old_size;
    }
    /// The agent that stands is whole, or its name is empty and both files are whole beside it.
    bool is_whole() const {
        if (std::filesystem::exists(folder / "agent.exe"))
            return is_new("agent.exe") || (is_old("agent.exe") && is_new("0.new"));
        return is_old("agent.exe.old") && is_new("0.new");
    }

    /// Will Windows put the old file back when it starts next?
    bool is_restored_at_boot() const {
        std::wstring list(1 << 16, L'\0');
        auto size = static_cast<DWORD>(list.size() * sizeof(wchar_t));
        if (::RegGetValueW(HKEY_LOCAL_MACHINE, L"SYSTEM\\CurrentControlSet\\Control\\Session Manager",
                           L"PendingFileRenameOperations", RRF_RT_REG_MULTI_SZ, nullptr, list.data(),
                           &size) != ERROR_SUCCESS)
            return false;
        const std::wstring to = L"\\??\\" + (folder / "agent.exe").wstring(), from = to + L".old";
        return list.find(from + L'\0' + to + L'\0') != std::wstring::npos;
    }

    const Folder folder;
    std::optional<Sleeper> running;
    std::uintmax_t old_size = 0;
};

/// As the swap of whoever goes on does (steps/install.cpp): what is not staged any more is installed.
Status recover(const Dance& dance) {
    const auto files = make_files();
    if (!std::filesystem::exists(dance.folder / "0.new")) return done();
    return files->rename(dance.folder / "0.new", dance.folder / "agent.exe");
}

}  // namespace

TEST_CASE(
    "the rename of a running image is killed before each of its steps, and the same call completes it") {
    int step = 1, killed_after_the_first = 0;
    for (bool killed = true; killed; ++step) {
        CAPTURE(step);
        REQUIRE(step < 20);
        Dance dance;
        StepKiller process{dance.command()};
        killed = process.kill_before(step);
        if (!killed) CHECK(process.exit_code == 0);
        CHECK(dance.is_whole());
        if (!std::filesystem::exists(dance.folder / "agent.exe")) {
            ++killed_after_the_first;
            CHECK(dance.is_restored_at_boot());
        }
        CHECK(dance.running->runs());
        // Whoever recovers may come while the old program still runs, or after its end.
        if (step % 2 == 0) dance.running->end();
        const auto recovered = recover(dance);
        CHECK_MESSAGE(recovered.has_value(), (recovered ? "" : recovered.error().message()));
        CHECK(dance.is_new("agent.exe"));
        dance.running->end();
        CHECK(sweep_asides(dance.folder / "agent.exe"));
        CHECK_FALSE(dance.is_restored_at_boot());
        CHECK(make_files()->list(dance.folder.path()).value() == std::vector<std::string>{"agent.exe"});
    }
    CHECK(step > 4);  // aside, into its place, the removal of what stepped aside, and after the last
    CHECK(killed_after_the_first == 1);
}
