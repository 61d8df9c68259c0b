#include <doctest/doctest.h>
#include <fstream>
#include <sstream>

#include "flow/diagram.hpp"
#include "flow/table.hpp"

using namespace update;

namespace {

std::string text_of(const std::string& file) {
    std::ifstream stream{std::string{SOURCE_DIR "/"} + file};
    REQUIRE_MESSAGE(stream, file);
    std::ostringstream text;
    text << stream.rdbuf();
    return text.str();
}

}  // namespace

TEST_CASE("docs/flow.md is what flow-diagram prints from the table") {
    CHECK_MESSAGE(text_of("docs/flow.md") == flow_document(),
                  "run build/dev/bin/flow-diagram > docs/flow.md");
}

TEST_CASE("the README shows the chains of the table") {
    CHECK_MESSAGE(text_of("README.md").find("```\n" + flow_sketch() + "```") != std::string::npos,
                  "the README needs this block:\n", flow_sketch());
}

TEST_CASE("every state is in the diagram") {
    for (const Row& here : rows())
        CHECK(flow_document().find("| " + std::string{here.name} + " |") != std::string::npos);
}
