// SPDX-License-Identifier: MIT
#include <imagewright_test/scratch.hpp>

#include <catch2/catch.hpp>

#include <imagewright/base/error.hpp>

#include "finalize/boot_loaders/grub_settings.hpp"

using namespace imagewright;
using Words = std::vector<std::string>;

namespace {

/// What these files in grub.d, named in this order, add.
Words added_by(const Words& files, const std::string& settings = ". /etc/default/grub.d/*.cfg\n") {
  const imagewright_test::ScratchDirectory scratch;
  scratch.write("etc/default/grub", settings);
  for (std::size_t index = 0; index < files.size(); ++index)
    scratch.write("etc/default/grub.d/" + std::to_string(index) + ".cfg", files[index]);
  scratch.write("etc/default/grub.d/README", "GRUB_CMDLINE_LINUX=no\n");
  return finalize::boot_loaders::read_grub_settings(fs::RootDir(scratch.path())).value().arguments;
}

} // namespace

TEST_CASE("what packages add to GRUB's arguments is in the first menu") {
  CHECK(
      added_by({"GRUB_CMDLINE_LINUX_DEFAULT=\"$GRUB_CMDLINE_LINUX_DEFAULT crashkernel=256M\"\n"}) ==
      Words{"crashkernel=256M"});
  CHECK(
      added_by({"# comment about GRUB_CMDLINE_LINUX\nGRUB_TIMEOUT=3\nGRUB_CMDLINE_LINUX='a b=c'\n",
                "GRUB_CMDLINE_LINUX=\"${GRUB_CMDLINE_LINUX} d\"\n"
                "export GRUB_CMDLINE_LINUX_DEFAULT+=\" e $kernelopts\"\n"}) ==
      Words{"a", "b=c", "d", "e"});
  // The last word of several files counts.
  CHECK(added_by({"GRUB_CMDLINE_LINUX=a\n", "GRUB_CMDLINE_LINUX=b\n"}) == Words{"b"});
}

TEST_CASE("what the settings themselves say comes before and after what they read") {
  const std::string settings = "A=x\nGRUB_CMDLINE_LINUX=\"$A ${A}y 'b c=d' \\$menu\"\n"
                               "for x in /etc/default/grub.d/*.cfg ; do\n  . \"$x\"\ndone\n"
                               "GRUB_CMDLINE_LINUX_DEFAULT=last\n";
  CHECK(added_by({"GRUB_CMDLINE_LINUX=\"$GRUB_CMDLINE_LINUX e\"\nGRUB_CMDLINE_LINUX_DEFAULT=no\n"},
                 settings) == Words{"x", "xy", "\"b c=d\"", "e", "last"});
}

TEST_CASE("what a backslash hides from the shell is GRUB's") {
  CHECK(added_by({},
                 "GRUB_CMDLINE_LINUX=\"'\\`id\\`' '\\$(x)' '\\$GRUB_CMDLINE_LINUX' \\$menu\"\n") ==
        Words{"`id`", "$(x)", "$GRUB_CMDLINE_LINUX"});
}

TEST_CASE("GRUB's timeout is read with its arguments") {
  const imagewright_test::ScratchDirectory scratch;
  CHECK(!finalize::boot_loaders::read_grub_settings(fs::RootDir(scratch.path())));
  for (const auto& [text, timeout] :
       std::vector<std::pair<std::string, std::optional<int>>>{{"GRUB_TIMEOUT=7\n", 7},
                                                               {"GRUB_TIMEOUT=-1\n", -1},
                                                               {"GRUB_TIMEOUT=x\n", {}},
                                                               {"", {}}}) {
    scratch.write("etc/default/grub", text);
    CHECK(finalize::boot_loaders::read_grub_settings(fs::RootDir(scratch.path())) ==
          finalize::boot_loaders::GrubSettings{{}, timeout});
  }
}

TEST_CASE("nothing is added where GRUB's settings do not read the directory") {
  CHECK(added_by({"GRUB_CMDLINE_LINUX=a\n"}, "GRUB_TIMEOUT=0\n").empty());
  CHECK(added_by({}).empty());
}

TEST_CASE("what only a shell could follow is refused") {
  for (const std::string text :
       {"GRUB_CMDLINE_LINUX=\"a $(uname -r)\"\n", "GRUB_CMDLINE_LINUX=`uname -r`\n",
        "[ -e /x ] && GRUB_CMDLINE_LINUX=a\n", "unset GRUB_CMDLINE_LINUX\n",
        "if test -e /x; then\n  GRUB_CMDLINE_LINUX=a\nfi\n", "GRUB_CMDLINE_LINUX=\"a \\\nb\"\n",
        "GRUB_CMDLINE_LINUX=\"a\nb\"\n"}) {
    INFO(text);
    CHECK_THROWS_AS(added_by({text}), base::Error);
    CHECK_THROWS_AS(added_by({}, text), base::Error);
  }
}
