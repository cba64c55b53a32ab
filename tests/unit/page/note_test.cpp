// SPDX-License-Identifier: MIT
#include <catch2/catch.hpp>

#include <imagewright/page/note.hpp>

using namespace imagewright;

namespace {

page::Note example() {
  return {.title = "Changes <of> x86_64",
          .sentences = {"Two | things."},
          .sections = {{.heading = "Packages",
                        .sentences = {"One."},
                        .tables = {{.caption = "All",
                                    .heads = {{"name"}, {"size", page::Cell::Kind::number}},
                                    .rows = {{{"a|b\nc"}, {"1", page::Cell::Kind::number}}}}}}}};
}

} // namespace

TEST_CASE("a note is Markdown in which text stays text") {
  CHECK(page::to_markdown(example()) == "# Changes \\<of\\> x86\\_64\n\n"
                                        "Two \\| things.\n\n"
                                        "## Packages\n\n"
                                        "One.\n\n"
                                        "All:\n\n"
                                        "| name | size |\n|---|---:|\n| a\\|b\\\\nc | 1 |\n");
}

TEST_CASE("the same note is a page") {
  const std::string text = page::to_html(example());
  CHECK(text.find("<title>Changes &lt;of&gt; x86_64</title>") != std::string::npos);
  CHECK(text.find("<h2>Packages</h2>") != std::string::npos);
  CHECK(text.find("<td class=\"number\">1</td>") != std::string::npos);
  CHECK(text.find("<script") == std::string::npos);
}
