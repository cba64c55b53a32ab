// SPDX-License-Identifier: MIT
#include <string>

#include <catch2/catch.hpp>

#include "finalize/boot_loaders/argument_text.hpp"

using namespace imagewright;
using finalize::boot_loaders::edited_defaults;
using finalize::boot_loaders::edited_line;

namespace {

finalize::CommandLineChange dropping(const std::vector<std::string>& words) {
  finalize::CommandLineChange change;
  for (const std::string& word : words)
    change.dropped.push_back({word, {}});
  return change;
}

finalize::CommandLineChange appending(const std::string& word) {
  finalize::CommandLineChange change;
  change.appended.push_back(word);
  return change;
}

} // namespace

TEST_CASE("an argument whose quotes the shell takes away goes as a whole") {
  CHECK(edited_defaults("GRUB_CMDLINE_LINUX=\"rw dyndbg=\\\"file a b\\\" quiet\"\n",
                        dropping({"dyndbg"})) == "GRUB_CMDLINE_LINUX=\"rw quiet\"\n");
  CHECK(edited_defaults("GRUB_CMDLINE_LINUX=\"rw 'd=\\$x' quiet\"\n", dropping({"d=$x"})) ==
        "GRUB_CMDLINE_LINUX=\"rw quiet\"\n");
  CHECK(edited_defaults("GRUB_CMDLINE_LINUX='a=\"b c\" quiet'\n", dropping({"a"})) ==
        "GRUB_CMDLINE_LINUX=' quiet'\n");
}

TEST_CASE("an argument goes from every assignment, and a new one comes into the last") {
  const std::string text =
      "GRUB_CMDLINE_LINUX_DEFAULT=\"quiet a\"\n"
      "export GRUB_CMDLINE_LINUX_DEFAULT=\"$GRUB_CMDLINE_LINUX_DEFAULT b quiet\"\n"
      "GRUB_CMDLINE_LINUX_DEFAULT+=\" quiet\"\n"
      "GRUB_CMDLINE_LINUX=quiet\n";
  CHECK(edited_defaults(text, dropping({"quiet"})) ==
        "GRUB_CMDLINE_LINUX_DEFAULT=\" a\"\n"
        "export GRUB_CMDLINE_LINUX_DEFAULT=\"$GRUB_CMDLINE_LINUX_DEFAULT b\"\n"
        "GRUB_CMDLINE_LINUX_DEFAULT+=\"\"\n"
        "GRUB_CMDLINE_LINUX=\"\"\n");
  CHECK(edited_defaults(text, appending("z=$y")) ==
        "GRUB_CMDLINE_LINUX_DEFAULT=\"quiet a\"\n"
        "export GRUB_CMDLINE_LINUX_DEFAULT=\"$GRUB_CMDLINE_LINUX_DEFAULT b quiet\"\n"
        "GRUB_CMDLINE_LINUX_DEFAULT+=\" quiet 'z=\\$y'\"\n"
        "GRUB_CMDLINE_LINUX=quiet\n");
}

TEST_CASE("a variable of GRUB's stays, and new arguments come before it") {
  CHECK(edited_defaults("GRUB_CMDLINE_LINUX_DEFAULT=\"quiet \\$kernelopts\"\n", appending("a")) ==
        "GRUB_CMDLINE_LINUX_DEFAULT=\"quiet a \\$kernelopts\"\n");
  CHECK(edited_defaults("GRUB_CMDLINE_LINUX_DEFAULT=\"quiet $kernelopts\"\n", appending("a")) ==
        "GRUB_CMDLINE_LINUX_DEFAULT=\"quiet a $kernelopts\"\n");
}

TEST_CASE("a dollar within a word of a plain line is a letter") {
  CHECK(edited_line("rw d=$x quiet\n", dropping({"d=$x"})) == "rw quiet\n");
  CHECK(edited_line("rw $tuned quiet\n", dropping({"$tuned"})) == "rw $tuned quiet\n");
}

TEST_CASE("what is for init stays, and new arguments come before it") {
  CHECK(edited_line("rw quiet -- quiet 5\n", appending("a")) == "rw quiet a -- quiet 5\n");
  CHECK(edited_line("rw quiet -- quiet 5\n", dropping({"quiet"})) == "rw -- quiet 5\n");
}

TEST_CASE("the variables that a loader puts into command lines are known") {
  using finalize::boot_loaders::variables_in_entry;
  using finalize::boot_loaders::variables_in_menu;
  const std::string menu = "set other=1\n  linux ($root)/vmlinuz root=$device ro ${kernelopts} "
                           "'$quoted' $tuned_params\ninitrd $initrd\n";
  CHECK(variables_in_menu(menu) == std::set<std::string>{"kernelopts", "tuned_params"});
  CHECK(variables_in_entry("linux /vmlinuz\noptions ro $kernelopts a=$b\ninitrd /i $tuned\n") ==
        std::set<std::string>{"kernelopts"});
}

TEST_CASE("an argument goes from the variables that hold a part of command lines, too") {
  using finalize::boot_loaders::edited_environment;
  using finalize::boot_loaders::without_dropped;
  const std::set<std::string> names{"kernelopts"};
  finalize::CommandLineChange change = dropping({"quiet"});
  change.removed = {"selinux"};
  change.lasting = {"selinux=1"};
  change.appended = {"audit=1"};
  CHECK(without_dropped(
            "if [ -z \"$kernelopts\" ]; then\n  set kernelopts=\"ro quiet selinux=0 a\"\nfi\n"
            "set other=\"quiet\"\nlinux /vmlinuz $kernelopts quiet\n",
            names, change) == "if [ -z \"$kernelopts\" ]; then\n  set kernelopts=\"ro a\"\nfi\n"
                              "set other=\"quiet\"\nlinux /vmlinuz $kernelopts quiet\n");
  const std::string head = "# GRUB Environment Block\nsaved_entry=quiet\n";
  std::string block = head + "kernelopts=root=UUID=1-2 quiet ro selinux=0\n";
  block.append(1024 - block.size(), '#');
  const auto edited = edited_environment(block, names, change);
  REQUIRE(edited);
  CHECK(edited->starts_with(head + "kernelopts=root=UUID=1-2 ro\n##"));
  CHECK(edited->size() == 1024);
  CHECK(edited->find_first_not_of('#', head.size() + 28) == std::string::npos);
  CHECK(edited_environment(block, {}, change) == block);
  CHECK(!edited_environment("kernelopts=quiet\n", names, change));
}

TEST_CASE("what a file of settings sets anew is known") {
  using finalize::boot_loaders::variables_set_anew;
  CHECK(variables_set_anew("GRUB_CMDLINE_LINUX=\"a\"\n").lasting);
  CHECK_FALSE(variables_set_anew("GRUB_CMDLINE_LINUX=\"$GRUB_CMDLINE_LINUX a\"\n").lasting);
  CHECK_FALSE(variables_set_anew("GRUB_CMDLINE_LINUX=\"${GRUB_CMDLINE_LINUX} a\"\n").lasting);
  CHECK_FALSE(variables_set_anew("GRUB_CMDLINE_LINUX=\"${GRUB_CMDLINE_LINUX:-b} a\"\n").lasting);
  CHECK(variables_set_anew("GRUB_CMDLINE_LINUX=\"$GRUB_CMDLINE_LINUX_DEFAULT a\"\n").lasting);
  CHECK(variables_set_anew("GRUB_CMDLINE_LINUX=\"${GRUB_CMDLINE_LINUX_DEFAULT} a\"\n").lasting);
  CHECK_FALSE(variables_set_anew("GRUB_CMDLINE_LINUX+=\" a\"\n").lasting);
  CHECK_FALSE(variables_set_anew("GRUB_CMDLINE_LINUX=\"a\"\n").usual);
}
