#include <algorithm>

#include "os/asides.hpp"
#include "os/pending_renames.hpp"
#include "os/place.hpp"
#include "support.hpp"

using namespace update;
using namespace windows_test;

TEST_CASE("what is written is read, at any offset, and the size follows") {
    const Folder folder;
    const auto files = make_files();
    auto file = files->open(folder / "a", OpenMode::create_new);
    REQUIRE(file.has_value());
    const std::string text = "hello";
    REQUIRE((*file)->write(3, std::as_bytes(std::span{text})).has_value());
    CHECK((*file)->info()->size_bytes == 8);
    REQUIRE((*file)->truncate(5).has_value());
    REQUIRE((*file)->flush().has_value());
    CHECK(read(folder / "a") == std::string{"\0\0\0he", 5});
}

TEST_CASE("a file beyond 4 GiB keeps its bytes where they belong") {
    const Folder folder;
    const auto files = make_files();
    auto file = files->open(folder / "big", OpenMode::create_new);
    REQUIRE(file.has_value());
    const std::uint64_t far_away = (std::uint64_t{1} << 32) + 7;
    const std::string text = "far";
    REQUIRE((*file)->write(far_away, std::as_bytes(std::span{text})).has_value());
    CHECK((*file)->info()->size_bytes == far_away + 3);
    std::string back(3, '\0');
    CHECK((*file)->read(far_away, std::as_writable_bytes(std::span{back})).value() == 3);
    CHECK(back == text);
    CHECK((*file)->read(7, std::as_writable_bytes(std::span{back})).value() == 3);
    CHECK(back == std::string(3, '\0'));
}

TEST_CASE("names are reported by what they are") {
    const Folder folder;
    const auto files = make_files();
    CHECK(files->open(folder / "absent", OpenMode::read).error().code() == ErrorCode::not_found);
    CHECK(files->info(folder / "absent" / "deeper").error().code() == ErrorCode::not_found);
    write(folder / "here", "x");
    CHECK(files->open(folder / "here", OpenMode::create_new).error().code() == ErrorCode::refused);
    CHECK(files->open(folder.path(), OpenMode::read).error().code() == ErrorCode::refused);
    CHECK(files->info(folder.path())->kind == FileInfo::Kind::directory);
    CHECK(files->list(folder / "here").error().code() == ErrorCode::refused);
    CHECK(files->remove(folder / "absent").has_value());
}

TEST_CASE("relative paths, '..' and alternate streams are refused") {
    const Folder folder;
    const auto files = make_files();
    CHECK(files->open("a", OpenMode::read).error().code() == ErrorCode::refused);
    CHECK(files->open(folder.path() / ".." / "a", OpenMode::read).error().code() == ErrorCode::refused);
    CHECK(files->open(folder / "a:stream", OpenMode::create_new).error().code() == ErrorCode::refused);
    CHECK(files->open("\\\\.\\C:\\a", OpenMode::read).error().code() == ErrorCode::refused);
}

TEST_CASE("paths beyond 260 characters work") {
    SKIP_UNDER_WINE(
        "it cannot say where a path beyond 260 characters really lies (GetFinalPathNameByHandle)");
    const Folder folder;
    const auto files = make_files();
    Path deep = folder.path();
    for (int i = 0; i < 8; ++i) {
        deep /= std::string(60, static_cast<char>('a' + i));
        const auto made = files->make_private_directory(deep);
        REQUIRE_MESSAGE(made.has_value(), (made ? "" : made.error().message()));
    }
    REQUIRE(deep.wstring().size() > 400);
    write(deep / "file", "deep");
    CHECK(read(deep / "file") == "deep");
    REQUIRE(files->rename(deep / "file", deep / "renamed").has_value());
    CHECK(files->list(deep).value() == std::vector<std::string>{"renamed"});
    // remove_all of the library cannot go so deep.
    REQUIRE(files->remove(deep / "renamed").has_value());
    for (int i = 0; i < 8; ++i, deep = deep.parent_path()) REQUIRE(files->remove(deep).has_value());
}

TEST_CASE("a rename replaces, and both names say so") {
    const Folder folder;
    const auto files = make_files();
    write(folder / "new", "new");
    write(folder / "live", "old");
    const auto id = files->info(folder / "new")->id;
    const auto renamed = files->rename(folder / "new", folder / "live");
    REQUIRE_MESSAGE(renamed.has_value(), (renamed ? "" : renamed.error().message()));
    CHECK(read(folder / "live") == "new");
    CHECK(files->info(folder / "live")->id == id);
    CHECK(files->list(folder.path()).value() == std::vector<std::string>{"live"});
    CHECK(files->flush_directory(folder.path()).has_value());
}

TEST_CASE("the image of a running program is replaced, and the program runs on") {
    const Folder folder;
    const auto files = make_files();
    Sleeper running{folder / "agent.exe"};
    write(folder / "new", "new program");
    const auto renamed = files->rename(folder / "new", folder / "agent.exe");
    REQUIRE_MESSAGE(renamed.has_value(), (renamed ? "" : renamed.error().message()));
    CHECK(running.runs());
    CHECK(read(folder / "agent.exe") == "new program");
    CHECK(files->list(folder.path()).value() == std::vector<std::string>{"agent.exe", "agent.exe.old"});

    SUBCASE("and again, while the first one still runs") {
        write(folder / "newer", "newer program");
        REQUIRE(files->rename(folder / "newer", folder / "agent.exe").has_value());
        CHECK(read(folder / "agent.exe") == "newer program");
    }
    SUBCASE("what stepped aside goes with the next rename once nobody runs it") {
        running.end();
        write(folder / "newer", "newer program");
        REQUIRE(files->rename(folder / "newer", folder / "agent.exe").has_value());
        CHECK(files->list(folder.path()).value() == std::vector<std::string>{"agent.exe"});
    }
}

TEST_CASE("what stepped aside and cannot be removed hinders no further rename, and goes once it can") {
    const Folder folder;
    const auto files = make_files();
    write(folder / "agent.exe.old", "of an earlier update");
    Handle held{::CreateFileW((folder / "agent.exe.old").c_str(), GENERIC_READ, FILE_SHARE_READ, nullptr,
                              OPEN_EXISTING, 0, nullptr)};
    REQUIRE(held);
    Sleeper running{folder / "agent.exe"};
    write(folder / "new", "new program");
    const auto renamed = files->rename(folder / "new", folder / "agent.exe");
    REQUIRE_MESSAGE(renamed.has_value(), (renamed ? "" : renamed.error().message()));
    CHECK(read(folder / "agent.exe") == "new program");
    CHECK(running.runs());
    CHECK(files->list(folder.path())->size() == 3);  // it, and the one that stepped aside now
    running.end();
    held.reset();
    write(folder / "newer", "newer program");
    REQUIRE(files->rename(folder / "newer", folder / "agent.exe").has_value());
    CHECK(files->list(folder.path()).value() == std::vector<std::string>{"agent.exe"});
}

TEST_CASE(
    "a backup that a helper runs from steps aside where the old program still runs, and both are swept") {
    const Folder folder;
    const auto files = make_files();
    Sleeper old{folder / "agent.exe"}, helper{folder / "backup.exe"};
    write(folder / "new", "new program");
    REQUIRE(files->rename(folder / "new", folder / "agent.exe").has_value());
    const auto aside = files->rename(folder / "backup.exe", folder / "agent.exe.old");
    REQUIRE_MESSAGE(aside.has_value(), (aside ? "" : aside.error().message()));
    CHECK(files->list(folder.path())->size() == 3);
    CHECK_FALSE(sweep_asides(folder / "agent.exe"));
    old.end();
    helper.end();
    CHECK(sweep_asides(folder / "agent.exe"));
    CHECK(files->list(folder.path()).value() == std::vector<std::string>{"agent.exe"});
}

TEST_CASE("the dance that was killed between its two steps is completed by the same call") {
    const Folder folder;
    const auto files = make_files();
    Sleeper running{folder / "agent.exe.old"};  // as the first step leaves it
    write(folder / "new", "new program");
    REQUIRE(files->rename(folder / "new", folder / "agent.exe").has_value());
    CHECK(read(folder / "agent.exe") == "new program");
    CHECK(running.runs());
}

TEST_CASE("a running program is not removed, and says why") {
    const Folder folder;
    const auto files = make_files();
    Sleeper running{folder / "agent.exe"};
    const auto removed = files->remove(folder / "agent.exe");
    REQUIRE(!removed.has_value());
    CHECK(removed.error().code() == ErrorCode::retry_later);
    running.end();
    CHECK(files->remove(folder / "agent.exe").has_value());
}

TEST_CASE("a file that somebody holds without sharing is waited for") {
    const Folder folder;
    const auto files = make_files();
    write(folder / "live", "old");
    write(folder / "new", "new");
    Handle held{::CreateFileW((folder / "live").c_str(), GENERIC_READ, FILE_SHARE_READ, nullptr,
                              OPEN_EXISTING, 0, nullptr)};
    REQUIRE(held);

    SUBCASE("as long as it takes, when that is a moment") {
        const Handle timer{::CreateThread(
            nullptr, 0,
            [](void* file) -> DWORD {
                ::Sleep(1'000);
                ::CloseHandle(file);
                return 0;
            },
            held.release(), 0, nullptr)};
        const auto renamed = files->rename(folder / "new", folder / "live");
        CHECK_MESSAGE(renamed.has_value(), (renamed ? "" : renamed.error().message()));
        ::WaitForSingleObject(timer.get(), 5'000);
        CHECK(read(folder / "live") == "new");
    }
    SUBCASE("not for ever: nothing is lost, and it may be tried again") {
        const auto renamed = files->rename(folder / "new", folder / "live");
        REQUIRE(!renamed.has_value());
        CHECK(renamed.error().code() == ErrorCode::retry_later);
        CHECK(read(folder / "new") == "new");
        held.reset();
        CHECK(files->rename(folder / "new", folder / "live").has_value());
    }
}

TEST_CASE("the process that holds a file is named") {
    SKIP_UNDER_WINE("its Restart Manager knows nobody");
    const Folder folder;
    const auto files = make_files();
    write(folder / "live", "old");
    const Handle held{
        ::CreateFileW((folder / "live").c_str(), GENERIC_READ, 0, nullptr, OPEN_EXISTING, 0, nullptr)};
    const auto opened = files->open(folder / "live", OpenMode::read);
    REQUIRE(!opened.has_value());
    CHECK(opened.error().evidence().locking_pid == ::GetCurrentProcessId());
}

TEST_CASE("a second name is not offered, since it could not be removed while a program runs from the first") {
    const Folder folder;
    const auto files = make_files();
    const Sleeper sleeper{folder / "a.exe"};
    CHECK(files->link(folder / "a.exe", folder / "b.exe").error().code() == ErrorCode::unsupported);
    REQUIRE(::CreateHardLinkW((folder / "b.exe").c_str(), (folder / "a.exe").c_str(), nullptr) != 0);
    CHECK_FALSE(files->remove(folder / "b.exe").has_value());
}

TEST_CASE("a folder with content is not removed") {
    const Folder folder;
    const auto files = make_files();
    REQUIRE(files->make_private_directory(folder / "d").has_value());
    write(folder / "d" / "x", "x");
    CHECK(files->remove(folder / "d").error().code() == ErrorCode::refused);
    REQUIRE(files->remove(folder / "d" / "x").has_value());
    CHECK(files->remove(folder / "d").has_value());
}

TEST_CASE("a private folder is made once, and found again") {
    const Folder folder;
    const auto files = make_files();
    REQUIRE(files->make_private_directory(folder / "private").has_value());
    const auto again = files->make_private_directory(folder / "private");
    CHECK_MESSAGE(again.has_value(), (again ? "" : again.error().message()));
    write(folder / "file", "x");
    CHECK(files->make_private_directory(folder / "file").error().code() == ErrorCode::refused);
}

TEST_CASE("a folder that everybody may enter is refused as a private one") {
    const Folder folder;
    const auto files = make_files();
    auto everybody = make_descriptor("D:(A;OICI;FA;;;WD)");
    REQUIRE(everybody.has_value());
    SECURITY_ATTRIBUTES attributes{sizeof attributes, everybody->get(), FALSE};
    REQUIRE(::CreateDirectoryW((folder / "open").c_str(), &attributes));
    const auto made = files->make_private_directory(folder / "open");
    REQUIRE(!made.has_value());
    CHECK(made.error().code() == ErrorCode::refused);
    CHECK(made.error().message().find("icacls") != std::string::npos);
}

TEST_CASE("junctions are refused in any component") {
    SKIP_UNDER_WINE("it follows links of Linux and knows no junctions");
    const Folder folder;
    const auto files = make_files();
    REQUIRE(files->make_private_directory(folder / "real").has_value());
    write(folder / "real" / "x", "x");
    const std::string make =
        "mklink /J \"" + (folder / "junction").string() + "\" \"" + (folder / "real").string() + "\"";
    REQUIRE(std::system(make.c_str()) == 0);
    CHECK(files->open(folder / "junction" / "x", OpenMode::read).error().code() == ErrorCode::refused);
    CHECK(files->info(folder / "junction")->kind == FileInfo::Kind::link);
    CHECK(files->make_private_directory(folder / "junction").error().code() == ErrorCode::refused);
}

TEST_CASE("free space is found for a path that does not exist yet") {
    const Folder folder;
    const auto volumes = make_volumes();
    const auto there = volumes->space(folder.path());
    REQUIRE(there.has_value());
    CHECK(there->free_bytes > 0);
    const auto below = volumes->space(folder / "not" / "yet");
    REQUIRE(below.has_value());
    CHECK(below->volume == there->volume);
}

TEST_CASE("properties of the old file are those of the new one") {
    const Folder folder;
    const auto files = make_files();
    write(folder / "old", "old");
    ::SetFileAttributesW((folder / "old").c_str(), FILE_ATTRIBUTE_HIDDEN);
    auto old_file = files->open(folder / "old", OpenMode::read);
    auto new_file = files->open(folder / "new", OpenMode::create_new);
    REQUIRE(old_file.has_value());
    REQUIRE(new_file.has_value());
    const auto copied = (*new_file)->copy_properties(**old_file);
    CHECK_MESSAGE(copied.has_value(), (copied ? "" : copied.error().message()));
    CHECK((::GetFileAttributesW((folder / "new").c_str()) & FILE_ATTRIBUTE_HIDDEN) != 0);
}

TEST_CASE("a new file gets the access list that the old one inherited, and goes on inheriting") {
    const Folder folder;
    // Entries of the folder that files below it inherit, as below Program Files.
    const Handle parent{::CreateFileW(folder.path().c_str(), READ_CONTROL | WRITE_DAC, FILE_SHARE_READ,
                                      nullptr, OPEN_EXISTING, FILE_FLAG_BACKUP_SEMANTICS, nullptr)};
    REQUIRE(set_dacl(parent, public_sddl(sddl::Object::folder)).has_value());
    const auto plain = [&](const char* name) {
        return Handle{
            ::CreateFileW((folder / name).c_str(), GENERIC_WRITE, 0, nullptr, CREATE_NEW, 0, nullptr)};
    };
    REQUIRE(plain("old"));
    const auto files = make_files();
    auto old_file = files->open(folder / "old", OpenMode::read);
    auto new_file = files->open(folder / "new", OpenMode::create_new);
    REQUIRE(old_file.has_value());
    REQUIRE(new_file.has_value());
    const auto copied = (*new_file)->copy_properties(**old_file);
    CHECK_MESSAGE(copied.has_value(), (copied ? "" : copied.error().message()));
    const auto text = [&](const char* name) {
        const Handle file{::CreateFileW((folder / name).c_str(), READ_CONTROL,
                                        FILE_SHARE_READ | FILE_SHARE_WRITE, nullptr, OPEN_EXISTING, 0,
                                        nullptr)};
        return descriptor_text(file).value_or("unreadable");
    };
    CHECK(sddl::same_rights(text("new"), text("old")));
    if (text("old").find("D:AI") == std::string::npos)
        SKIP_UNDER_WINE("that an inherited access list stays one: it keeps no such flag");
    CHECK(text("new") == text("old"));
}

TEST_CASE("pending renames of this file are known by either name, those of others are not") {
    const std::vector<std::wstring> texts{L"\\??\\C:\\temp\\x", L"!\\??\\C:\\Product\\Agent.exe",
                                          L"\\??\\C:\\gone", L""};
    CHECK(names_file(texts, L"\\\\?\\C:\\product\\agent.exe"));
    CHECK(names_file(texts, L"\\\\?\\C:\\gone"));
    CHECK_FALSE(names_file(texts, L"\\\\?\\C:\\product\\agent.exe.old"));
    CHECK_FALSE(names_file({}, L"\\\\?\\C:\\product\\agent.exe"));
}

TEST_CASE("what puts a file back that stepped aside is no rename that would undo ours") {
    const std::wstring full = L"\\\\?\\C:\\product\\agent.exe";
    const PendingRenames others{L"\\??\\C:\\temp\\x", L""};
    const auto texts = with_restore(others, full + L".old2", full);
    CHECK(texts == PendingRenames{L"\\??\\C:\\temp\\x", L"", L"\\??\\C:\\product\\agent.exe.old2",
                                  L"\\??\\C:\\product\\agent.exe"});
    CHECK_FALSE(names_file(texts, full));
    CHECK(with_restore(texts, full + L".old", full).size() == 4);  // one a file
    CHECK(without_restore(texts, full) == others);
    CHECK(without_restore(texts, L"\\\\?\\C:\\product\\watchdog.exe") == texts);
    // It would replace what has the name by then.
    CHECK(names_file({L"\\??\\C:\\product\\agent.exe.old", L"!\\??\\C:\\product\\agent.exe"}, full));
}
