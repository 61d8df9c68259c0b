#include "service/scm_command_line.hpp"

#include <doctest/doctest.h>

using namespace update;
using Words = std::vector<std::string>;

TEST_CASE("words come back from a command line as they went in") {
    for (const Words& words : std::vector<Words>{
             {R"(C:\Program Files\acme\agent.exe)", "service", "acme"},
             {"a.exe", ""},
             {"a.exe", R"(quote " inside)", R"(\)", R"(ends in \\)", R"(\")", R"(a\\"b)"},
             {"a.exe", "tab\there", "  spaces  "},
             {"a.exe", R"(C:\folder with space\)", "next"},
         }) {
        CAPTURE(windows_command_line(words));
        CHECK(words_of_command_line(windows_command_line(words)) == words);
    }
}

// The table of Microsoft's page "Parsing C command-line arguments".
TEST_CASE("foreign command lines are read as Windows reads them") {
    CHECK(words_of_command_line(R"(p "a b c" d e)") == Words{"p", "a b c", "d", "e"});
    CHECK(words_of_command_line(R"(p "ab\"c" "\\" d)") == Words{"p", R"(ab"c)", R"(\)", "d"});
    CHECK(words_of_command_line(R"(p a\\\b d"e f"g h)") == Words{"p", R"(a\\\b)", "de fg", "h"});
    CHECK(words_of_command_line(R"(p a\\\"b c d)") == Words{"p", R"(a\"b)", "c", "d"});
    CHECK(words_of_command_line(R"(p a\\\\"b c" d e)") == Words{"p", R"(a\\b c)", "d", "e"});
    CHECK(words_of_command_line(R"(p a"b"" c d)") == Words{"p", R"(ab" c d)"});
    CHECK(words_of_command_line(R"("C:\a\" x)") == Words{R"(C:\a\)", "x"});  // no escapes in the program
    CHECK(words_of_command_line("").empty());
    CHECK(words_of_command_line("p   ") == Words{"p"});
}

TEST_CASE("a program with a space is ambiguous unless it is quoted") {
    CHECK(is_ambiguous(R"(C:\Program Files\a.exe -x)"));
    CHECK(is_ambiguous(R"(C:\Program Files\a.EXE)"));
    CHECK_FALSE(is_ambiguous(R"("C:\Program Files\a.exe" -x)"));
    CHECK_FALSE(is_ambiguous(R"(C:\acme\a.exe -x "b c.exe")"));
    CHECK(without_ambiguity(R"(C:\Program Files\a.exe -x "b c.exe")") ==
          R"("C:\Program Files\a.exe" -x "b c.exe")");
    CHECK(without_ambiguity(R"(C:\acme\a.exe -x)") == R"(C:\acme\a.exe -x)");
}

TEST_CASE("commands are the same whatever the quotes and the case of the program") {
    CHECK(same_command(R"(C:\ACME\Agent.exe service acme)", R"("c:/acme/agent.exe" "service" "acme")"));
    CHECK_FALSE(same_command(R"("c:\acme\agent.exe" service acme)", R"("c:\acme\agent.exe" service Acme)"));
    CHECK_FALSE(same_command(R"("c:\acme\agent.exe" service)", R"("c:\acme\agent.exe" service acme)"));
    CHECK_FALSE(same_command(R"("c:\acme\agent.exe")", R"("c:\acme\other.exe")"));
}
