// SPDX-License-Identifier: MIT
#include <imagewright_test/scratch.hpp>

#include <catch2/catch.hpp>

#include <imagewright/base/error.hpp>

#include "finalize/boot_loaders/grub_settings.hpp"

using namespace imagewright;
using Words = std::vector<std::string>;
using Others = std::map<std::string, std::string>;

namespace {

const std::string k_loop = "for x in /etc/default/grub.d/*.cfg; do . \"$x\"; done\n";

/// What these files in grub.d, named in this order, add.
Words added_by(const Words& files, const std::string& settings = k_loop) {
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
          finalize::boot_loaders::GrubSettings{
              {}, timeout, text == "GRUB_TIMEOUT=x\n" ? Others{{"GRUB_TIMEOUT", "x"}} : Others{}});
  }
}

TEST_CASE("settings that the first menu does not follow are named") {
  const imagewright_test::ScratchDirectory scratch;
  scratch.write("etc/default/grub", "GRUB_DEFAULT=\"Dom0\"\nGRUB_DISTRIBUTOR=x\n"
                                    "if probe; then\n  GRUB_TIMEOUT=5\nfi\n");
  const auto settings =
      finalize::boot_loaders::read_grub_settings(fs::RootDir(scratch.path())).value();
  CHECK(settings.others == Others{{"GRUB_DEFAULT", "Dom0"}, {"GRUB_TIMEOUT", "GRUB_TIMEOUT=5"}});
  CHECK(!settings.timeout_seconds);
}

TEST_CASE("text that only looks like a setting sets nothing") {
  CHECK(added_by({"GRUB_CMDLINE_LINUX=a\ncat << EOF > /dev/null\nGRUB_CMDLINE_LINUX=b\nEOF\n",
                  "GRUB_CMDLINE_LINUX=\"$GRUB_CMDLINE_LINUX c\"\nreturn\nGRUB_CMDLINE_LINUX=d\n",
                  "f() {\n  GRUB_CMDLINE_LINUX=e\n}\nGRUB_CMDLINE_LINUX_RECOVERY=f\n"}) ==
        Words{"a", "c"});
}

TEST_CASE("nothing is added where GRUB's settings do not read the directory") {
  CHECK(added_by({"GRUB_CMDLINE_LINUX=a\n"}, "GRUB_TIMEOUT=0\n").empty());
  CHECK(added_by({}).empty());
}

TEST_CASE("what only a shell could follow is refused") {
  for (const std::string text :
       {"GRUB_CMDLINE_LINUX=\"a $(uname -r)\"\n", "GRUB_CMDLINE_LINUX=`uname -r`\n",
        "probe && GRUB_CMDLINE_LINUX=a\n", "if probe; then\n  GRUB_CMDLINE_LINUX=a\nfi\n",
        "GRUB_CMDLINE_LINUX=a\r\n", "f() {\n  GRUB_CMDLINE_LINUX=a\n}\nf\n",
        "probe && return\nGRUB_CMDLINE_LINUX=a\n", "exit 0\n", "eval \"$(cat /x)\"\n",
        ". $HOME/x\n", "GRUB_CMDLINE_LINUX=\"a\nb\"\n"}) {
    INFO(text);
    CHECK_THROWS_AS(added_by({text}), base::Error);
    CHECK_THROWS_AS(added_by({}, text), base::Error);
  }
}
