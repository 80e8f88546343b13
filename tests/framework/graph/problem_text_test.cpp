// How a problem looks on a terminal.

#include "graph_fixture.hpp"

using namespace graph_fixture;

TEST_CASE("A problem is shown with its line, a caret and a hint") {
  const auto p = problem("[stage.camera]\ntype = \"loadtest.source\"\n\twidht\t= 640\n");
  CHECK(to_text(p) ==
        "test.toml:3:2: error: stage 'camera' (loadtest.source) has no key 'widht' [unknown-key]\n"
        "\twidht\t= 640\n"
        "\t^\n"
        "  hint: did you mean 'width'?");
}

TEST_CASE("The caret counts characters, not bytes, and keeps tabs") {
  const auto p = problem(
      "[stage.camera]\ntype = \"loadtest.source\"\n[device]\n\"\xc3\xa9\t\xe2\x82\xac\"\t= 5\n");
  CHECK(p.column == 9);
  CHECK(to_text(p).find("\n\"\xc3\xa9\t\xe2\x82\xac\"\t= 5\n  \t  \t  ^\n") != std::string::npos);
}

TEST_CASE("A problem of a whole file has no line") {
  CHECK(to_text(problem("name = \"x\"\n")) ==
        "test.toml: error: the graph has no stages [no-stages]\n"
        "  hint: a stage is written [stage.NAME], with a type");
}

TEST_CASE("Control characters never reach the terminal") {
  const auto p = problem(
      "[stage.camera]\ntype = \"loadtest.source\"\n\"\\u001b[2J\\n\\u202e\" = 5 # "
      "\xc2\x9b\xe2\x80\xae\n");
  const auto text = to_text(p);
  for (const char* raw : {"\x1b", "\xc2\x9b", "\xe2\x80\xae"})
    CHECK(text.find(raw) == std::string::npos);
  CHECK(text.find("\\u001b[2J\\n\\u202e") != std::string::npos);
  CHECK(text.find("# \\u009b\\u202e\n") != std::string::npos);
  CHECK(std::count(text.begin(), text.end(), '\n') == 3);

  Problem other{"a\nb.toml", 1, 3, "syntax", "m\x1b", "h\r", std::string("\x01\xff") + "x", 3};
  CHECK(to_text(other) ==
        "a\\nb.toml:1:3: error: m\\u001b [syntax]\n\\u0001\\xffx\n          ^\n  hint: h\\r");
}

TEST_CASE("A caret stands behind the end of a line that ends too early") {
  const auto p = problem("[stage.camera\n");
  CHECK(to_text(p).find("\n[stage.camera\n             ^") != std::string::npos);
  const auto crlf = problem("[stage.camera\r\ntype = 5\r\n");
  CHECK(crlf.source_line == "[stage.camera");
}

TEST_CASE("A long line is cut around the place") {
  const std::string before =
      "stage.camera = { type = \"loadtest.source\", source = \"" + std::string(1000, 'a') + "\", ";
  const auto p = problem(before + "widht = 5, files = [\"" + std::string(1000, 'b') + "\"] }\n");
  CHECK(p.column == static_cast<int>(before.size()) + 1);
  CHECK(p.source_line.size() < 200);
  CHECK(p.source_line.substr(static_cast<std::size_t>(p.caret) - 1, 5) == "widht");
  CHECK(p.source_line.substr(0, 3) == "...");
  CHECK(p.source_line.substr(p.source_line.size() - 3) == "...");
}

TEST_CASE("A long value doesn't make a long message") {
  const auto p = problem("[stage.camera]\ntype = \"loadtest.source\"\nwidth = \"" +
                         std::string(100'000, 'x') + "\"\n");
  CHECK(p.message.size() <= 400);
  CHECK(to_text(p).size() < 1000);
}
