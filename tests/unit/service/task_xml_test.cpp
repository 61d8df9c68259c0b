#include "service/task_xml.hpp"

#include <doctest/doctest.h>

using namespace update;

namespace {

bool contains(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("a task runs the program with its arguments as the system, and the scheduler never ends it") {
    const std::string xml =
        task_xml(R"(C:\Program Files\acme\agent.exe)", {"--update-helper", "42"}, "helper");
    CHECK(contains(xml, R"(<Command>C:\Program Files\acme\agent.exe</Command>)"));
    CHECK(contains(xml, "<Arguments>&quot;--update-helper&quot; &quot;42&quot;</Arguments>"));
    CHECK(contains(xml, "<UserId>S-1-5-18</UserId>"));
    CHECK(contains(xml, "<ExecutionTimeLimit>PT0S</ExecutionTimeLimit>"));
    CHECK(contains(xml, "<StopIfGoingOnBatteries>false<"));
    CHECK(contains(xml, "<DisallowStartIfOnBatteries>false<"));
    CHECK(contains(xml, "<Triggers/>"));
}

TEST_CASE("what an argument says never becomes part of the task") {
    const std::string xml = task_xml("a.exe", {R"(</Arguments><Command>b & "c")"}, "<x>");
    CHECK_FALSE(contains(xml, "<Command>b"));
    CHECK(contains(xml, "&lt;/Arguments&gt;&lt;Command&gt;b &amp; "));
    CHECK(contains(xml, "<Description>&lt;x&gt;</Description>"));
}
