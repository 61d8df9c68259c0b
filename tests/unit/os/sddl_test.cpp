// Rights as data: the same text on every system.
#include "os/sddl.hpp"

#include <doctest/doctest.h>

using namespace update;

TEST_CASE(
    "pipes, events and jobs are the system's, the administrators' and ours, and closed to the network") {
    CHECK(sddl::only_ours_here("") == "O:BAD:P(D;;GA;;;NU)(A;;GA;;;SY)(A;;GA;;;BA)");
    CHECK(sddl::only_ours_here("S-1-5-21-7") ==
          "O:S-1-5-21-7D:P(D;;GA;;;NU)(A;;GA;;;SY)(A;;GA;;;BA)(A;;GA;;;S-1-5-21-7)");
}

TEST_CASE("a pipe for all lets them read and write data, and not create another instance of it") {
    constexpr unsigned create_pipe_instance = 4;
    CHECK(sddl::pipe_for_all_here("") == sddl::only_ours_here("") + "(A;;0x12019b;;;AU)");
    CHECK((0x12019b & create_pipe_instance) == 0);
}

TEST_CASE("private folders and files inherit nothing and pass their rights on") {
    CHECK(sddl::only_ours(sddl::Object::folder, "") == "D:P(A;OICI;FA;;;SY)(A;OICI;FA;;;BA)");
    CHECK(sddl::only_ours(sddl::Object::file, "S-1-5-21-7") ==
          "D:P(A;;FA;;;SY)(A;;FA;;;BA)(A;;FA;;;S-1-5-21-7)");
    CHECK(sddl::readable_by_all(sddl::Object::file, "") == "D:P(A;;FA;;;SY)(A;;FA;;;BA)(A;;0x1200a9;;;BU)");
}

TEST_CASE("only the system, the administrators, the installer and placeholders for the owner are trusted") {
    for (const char* sid : {"S-1-5-18", "S-1-5-32-544", "S-1-3-0"}) CHECK(sddl::is_trusted(sid));
    for (const char* sid : {"S-1-1-0", "S-1-5-11", "S-1-5-32-545", "S-1-5-19", ""})
        CHECK_FALSE(sddl::is_trusted(sid));
}

TEST_CASE("a list whose entries are no longer called inherited gives the same rights") {
    const char* below_program_files = "O:BAG:SYD:AI(A;ID;FA;;;SY)(A;OICIID;0x1200a9;;;BU)";
    CHECK(sddl::same_rights(below_program_files, "O:BAG:SYD:(A;ID;FA;;;SY)(A;OICIID;0x1200a9;;;BU)"));
    CHECK(sddl::same_rights(below_program_files, "O:BAG:SYD:ARAI(A;;FA;;;SY)(A;OICI;0x1200a9;;;BU)"));
    CHECK(sddl::same_rights("D:PAI(A;;FA;;;SY)", "D:P(A;;FA;;;SY)"));
    CHECK(sddl::same_rights("O:BAG:ED", "O:BAG:ED"));
}

TEST_CASE("protection, owner, order, mask and account of an entry are part of the rights") {
    const char* wanted = "O:BAG:SYD:AI(A;ID;FA;;;SY)(A;ID;0x1200a9;;;BU)";
    for (const char* other :
         {"O:BAG:SYD:P(A;ID;FA;;;SY)(A;ID;0x1200a9;;;BU)", "O:SYG:SYD:AI(A;ID;FA;;;SY)(A;ID;0x1200a9;;;BU)",
          "O:BAG:SYD:AI(A;ID;0x1200a9;;;BU)(A;ID;FA;;;SY)", "O:BAG:SYD:AI(A;ID;FA;;;SY)(A;ID;FA;;;BU)",
          "O:BAG:SYD:AI(A;ID;FA;;;SY)", "O:BAG:SYD:AI(A;ID;FA;;;SY)(A;OIID;0x1200a9;;;BU)", "O:BAG:SYD:AI",
          "O:BAG:SY"})
        CHECK_FALSE_MESSAGE(sddl::same_rights(wanted, other), other);
}

TEST_CASE("what stands in an entry's condition is no flag") {
    CHECK_FALSE(sddl::same_rights("D:(XA;;FX;;;S-1-1-0;(@User.Title==\"a;ID;b\"))",
                                  "D:(XA;;FX;;;S-1-1-0;(@User.Title==\"a;;b\"))"));
    CHECK(sddl::same_rights("D:(XA;ID;FX;;;S-1-1-0;(@User.A==1))(A;ID;FA;;;SY)",
                            "D:(XA;;FX;;;S-1-1-0;(@User.A==1))(A;;FA;;;SY)"));
}
