// SPDX-License-Identifier: MIT
#include <catch2/catch.hpp>

#include "measure/grub_commands.hpp"
#include "measure/grub_script.hpp"

using namespace imagewright::measure;

namespace {

using Words = std::vector<std::string>;

Words words_of(const std::string& text, const std::map<std::string, std::string>& variables = {}) {
  const auto script = parse_grub_script(text);
  REQUIRE(script);
  REQUIRE(script->size() == 1);
  return expanded_words(script->front(), variables).value_or(Words{"nothing"});
}

} // namespace

TEST_CASE("words are what GRUB makes of quotes and variables") {
  CHECK(words_of("set  prefix=($root)/boot/grub # why", {{"root", "hd0,gpt2"}}) ==
        Words{"set", "prefix=(hd0,gpt2)/boot/grub"});
  CHECK(words_of("a 'b $c' \"d ${e}f\" $none g\"\"", {{"e", "1 2"}}) ==
        Words{"a", "b $c", "d 1 2f", "g"});
  CHECK(words_of("a \"$none\" ''") == Words{"a", "", ""});
  CHECK(words_of("a $b", {{"b", "two words"}}) == Words{"nothing"});
}

TEST_CASE("what only GRUB knows is not taken for empty") {
  for (const char* name : {"grub_cpu", "grub_platform", "config_file", "feature_menuentry_id", "1",
                           "root", "prefix", "chosen"}) {
    INFO(name);
    CHECK(words_of("a \"$" + std::string(name) + "\"") == Words{"nothing"});
  }
  CHECK(words_of("a $root", {{"root", "hd0"}}) == Words{"a", "hd0"});
}

TEST_CASE("the kernel's command line is what GRUB's loader makes of words") {
  CHECK(loader_text("root=/dev/sda1") == "root=/dev/sda1");
  CHECK(loader_text("a b") == "\"a b\"");
  CHECK(loader_text("a'b\"c\\d") == "a\\'b\\\"c\\\\d");
  CHECK(loader_text("a\\x20b\\x2") == "a\\x20b\\\\x2");
  CHECK(loader_text("dyndbg=\"file x +p\"") == "\"dyndbg=\\\"file x +p\\\"\"");
}

TEST_CASE("a search is followed by UUID and label, with its one word anywhere") {
  const auto last = search_in({"search", "--no-floppy", "--fs-uuid", "--set=root", "12-ab"});
  const auto first = search_in({"search", "--label", "boot", "--set=root"});
  REQUIRE(last);
  REQUIRE(first);
  CHECK(last->by == GrubSearch::By::uuid);
  CHECK(last->value == "12-ab");
  CHECK(first->by == GrubSearch::By::label);
  CHECK(first->value == "boot");
  for (const Words& words :
       {Words{"search", "--file", "/x", "--set=root"}, Words{"search", "--fs-uuid", "--set=root"},
        Words{"search", "--fs-uuid", "a", "b", "--set=root"}, Words{"search", "--fs-uuid", "a"},
        Words{"search", "--fs-uuid", "--label", "a", "--set=root"},
        Words{"search", "--fs-uuid", "--hint", "a", "b", "--set=root"},
        Words{"search", "-u", "a", "--set=root"}, Words{"search", "a", "--set=root"}})
    CHECK_FALSE(search_in(words));
}

TEST_CASE("an entry's parameters are its words without options and their values") {
  const auto entry = menu_entry_in({"menuentry", "--class", "linux", "A b", "--unrestricted", "c",
                                    "--id", "one", "--hotkey", "x", "--users", ""});
  REQUIRE(entry);
  CHECK(entry->parameters == Words{"A b", "c"});
  CHECK(entry->id == "one");
  CHECK(menu_entry_in({"menuentry", "A"})->id == "A");
  for (const Words& words : {Words{"menuentry"}, Words{"menuentry", "--class", "A"},
                             Words{"menuentry", "A", "--source=x"}, Words{"menuentry", "A", "--id"},
                             Words{"submenu", "A"}})
    CHECK_FALSE(menu_entry_in(words));
}

TEST_CASE("an entry of the menu keeps its text, braces and all") {
  const auto script = parse_grub_script("menuentry 'A b' --id c {\n  linux /k x\n  initrd /i\n}\n");
  REQUIRE(script);
  CHECK(script->front().block_text == "{\n  linux /k x\n  initrd /i\n}");
  REQUIRE(script->front().block);
  CHECK(script->front().block->size() == 2);
}

TEST_CASE("a choice has its branches, one inside of another") {
  const auto script = parse_grub_script(
      "if [ -z \"$a\" ]; then\n if ! b; then c; fi\n d\nelif e; then f\nelse\n g\nfi\nh\n");
  REQUIRE(script);
  REQUIRE(script->size() == 2);
  const auto& branches = script->front().branches;
  REQUIRE(branches.size() == 3);
  CHECK(branches[0].body.size() == 2);
  CHECK(branches[0].body[0].branches.size() == 1);
  CHECK(branches[2].condition.empty());
}

TEST_CASE("what is not understood is not guessed") {
  for (const char* text :
       {"a 'b", "a \"b", "a \\\n b", "a | b", "a & b", "if a; then b", "if a; fi", "fi", "}", "a {",
        "for x in 1 2; do echo $x; done", "function f {\n a\n}", "a $", "a ${b", "if then a; fi",
        "else", "a \"b\\\"\""}) {
    INFO(text);
    CHECK_FALSE(parse_grub_script(text));
  }
  std::string deep;
  for (int depth = 0; depth < 1000; ++depth)
    deep += "if a; then\n";
  CHECK_FALSE(parse_grub_script(deep));
}
