// SPDX-License-Identifier: MIT
#include <catch2/catch.hpp>

#include <imagewright/base/diagnostic.hpp>
#include <imagewright/base/render.hpp>

using namespace imagewright::base;

TEST_CASE("renders position, source line, caret, context and hint") {
  const Diagnostic diagnostic{.code = "config.unknown-key",
                              .message = "unknown key \"hostnam\"",
                              .where = SourceLocation{"node.yaml", 2, 3},
                              .related = {{{"base.yaml", 7, 1}, "first given here"}},
                              .context = {"while reading os"},
                              .hint = "did you mean \"hostname\"?"};
  const auto read_line = [](const std::string& file, std::uint32_t line) {
    return file == "node.yaml" && line == 2 ? std::optional<std::string>("  hostnam: x")
                                            : std::nullopt;
  };
  CHECK(render(diagnostic, read_line, Color::off) ==
        "node.yaml:2:3: error: unknown key \"hostnam\" [config.unknown-key]\n"
        " 2 |   hostnam: x\n"
        "   |   ^\n"
        "  base.yaml:7:1: first given here\n"
        "  while reading os\n"
        "  hint: did you mean \"hostname\"?\n");
}

TEST_CASE("renders without a position") {
  const Diagnostic diagnostic{
      .severity = Severity::warning, .code = "a.b", .message = "something odd"};
  CHECK(render(diagnostic, {}, Color::off) == "warning: something odd [a.b]\n");
}

TEST_CASE("leaves the middle of endless texts of strangers out") {
  const std::string name = "begin" + std::string(8000000, 'a') + "end";
  const Diagnostic diagnostic{.code = "a.b", .message = "there is no " + name, .hint = name};
  const std::string text = render(diagnostic, {}, Color::off);
  CHECK(text.size() < 20000);
  CHECK(text.find("there is no begin") != std::string::npos);
  CHECK(text.find("bytes are left out] a") != std::string::npos);
  CHECK(text.find("aend [a.b]") != std::string::npos);
}

TEST_CASE("sorts by file, line and column, with the unplaced last") {
  Diagnostics diagnostics;
  diagnostics.add({.code = "x", .message = "unplaced"});
  diagnostics.error("x", "third", {"b.yaml", 1, 1});
  diagnostics.error("x", "second", {"a.yaml", 10, 1});
  diagnostics.warning("x", "first", {"a.yaml", 9, 1});
  std::vector<std::string> messages;
  for (const Diagnostic& diagnostic : diagnostics.sorted())
    messages.push_back(diagnostic.message);
  CHECK(messages == std::vector<std::string>{"first", "second", "third", "unplaced"});
  CHECK(diagnostics.has_errors());
}
