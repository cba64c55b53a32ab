// SPDX-License-Identifier: MIT
#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include <imagewright/base/key_value.hpp>
#include <imagewright/base/shell.hpp>

using namespace imagewright;

TEST_CASE("a quoted word is one word for the shell") {
  CHECK(base::shell_quoted("") == "''");
  CHECK(base::shell_quoted("a b") == "'a b'");
  CHECK(base::shell_quoted("it's") == "'it'\\''s'");
  CHECK(base::shell_quoted("$(reboot)") == "'$(reboot)'");
}

TEST_CASE("a word for people has quotes only when it needs them") {
  CHECK(base::shell_word("out/node-x86_64.qcow2") == "out/node-x86_64.qcow2");
  CHECK(base::shell_word("") == "''");
  CHECK(base::shell_word("a;b") == "'a;b'");
  CHECK(base::shell_word("~") == "'~'");
  CHECK(base::shell_command(std::vector<std::string>{"ssh", "-o", "a b", "root@host"}) ==
        "ssh -o 'a b' root@host");
}

TEST_CASE("what is quoted is read back as it was") {
  for (const std::string text :
       {"", "plain", "a b", "it's", "\"", "\\", "line\nbreak", "$x `y`", "#"}) {
    CHECK(base::find_value("A=" + base::shell_quoted(text) + "\n", "A") == text);
    CHECK(base::find_value("A=" + base::shell_word(text) + "\n", "A") == text);
    CHECK(base::find_value("A=" + base::shell_double_quoted(text) + "\n", "A") == text);
  }
}
