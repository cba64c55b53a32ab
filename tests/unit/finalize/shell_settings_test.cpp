// SPDX-License-Identifier: MIT
#include <imagewright_test/scratch.hpp>

#include <catch2/catch.hpp>

#include "finalize/boot_loaders/shell_settings.hpp"

using namespace imagewright;
using finalize::boot_loaders::ShellSettings;
using finalize::boot_loaders::ShellValue;

namespace {

/// What A is in the end; nothing: in doubt.
std::optional<std::string> value_of_a(const std::string& text,
                                      const std::vector<std::string>& more = {}) {
  const imagewright_test::ScratchDirectory scratch;
  for (std::size_t index = 0; index < more.size(); ++index)
    scratch.write("etc/default/grub.d/" + std::to_string(index) + ".cfg", more[index]);
  scratch.write("etc/default/grub.d/README", "A=readme\n");
  const fs::RootDir files(scratch.path());
  ShellSettings shell(files);
  shell.read_text("/etc/default/grub", text);
  ShellValue value = shell.value("A");
  return value.doubt ? std::nullopt : std::optional(std::move(value.text));
}

using Case = std::pair<std::string, std::optional<std::string>>;
constexpr auto k_doubt = std::nullopt;

void check(const std::vector<Case>& cases) {
  for (const auto& [text, value] : cases) {
    INFO(text);
    CHECK(value_of_a(text) == value);
  }
}

} // namespace

TEST_CASE("a value is what a shell would make of the word") {
  check({{"", ""},
         {"A=b", "b"},
         {"A=\"b c\" # A=d\n", "b c"},
         {"A=b; A=c;\n", "c"},
         {"A=b\nA+=c\n", "bc"},
         {"export A='b $c'\n", "b $c"},
         {"B=x\nA=\"$B-${B}y$C\"\n", "x-xy"},
         {"B=x\nA='$B'\"\\$B\"\\$B\n", "$B$B$B"},
         {"A=\"b \\\nc\"\n", "b c"},
         {"A=b\\\nc\n", "bc"},
         {"A=\"b\nA=c\"\n", "b\nA=c"},
         {"A=\"${A:-b} ${A:+c}\"\n", "b "},
         {"A=b\nA=\"${A:+$A }c\"\n", "b c"},
         {"A=a$\n", "a$"},
         {"A=b\nunset A\n", ""},
         {"A=b && B=c || B=d\n", "b"},
         {"A_B=c\nA=b\n#A=d\n", "b"},
         {"A=\"don't\"\n", "don't"}});
}

TEST_CASE("what programs, conditions and substitutions of other kinds decide is in doubt") {
  check({{"A=$(uname -r)\n", k_doubt},
         {"A=`uname -r`\n", k_doubt},
         {"A=$((1 + 2))\n", k_doubt},
         {"B=$(id)\nA=\"b $B\"\n", k_doubt},
         {"A=$HOME\n", k_doubt},
         {"A=$1\n", k_doubt},
         {"A=${B%c}\n", k_doubt},
         {"A=$'b'\n", k_doubt},
         {"A=\"${B:-\"c\"}\"\n", k_doubt},
         {": ${A:=b}\n", k_doubt},
         {"probe && A=b\n", k_doubt},
         {"probe ||\nA=b\n", k_doubt},
         {"[ -x /usr ] && A=b\n", k_doubt},
         {"[ -e /dev/x ] || A=b\n", k_doubt},
         {"[ -e $HOME ] || A=b\n", k_doubt},
         {"probe && [ -d /etc ] && A=b\n", k_doubt},
         {"probe || [ -d /etc ] && A=b\n", k_doubt},
         {"if probe; then A=b; fi\n", k_doubt},
         {"if probe\nthen\n  A=b\nfi\n", k_doubt},
         {"if probe; then B=c; else A=b; fi\n", k_doubt},
         {"if probe; then B=c; elif [ -d /etc ]; then A=b; fi\n", k_doubt},
         {"true; if probe; then\nA=b\nfi\n", k_doubt},
         {"probe && {\nA=b\n}\n", k_doubt},
         {"case $B in\nc) A=b;;\nesac\n", k_doubt},
         {"case $B in c|d) A=b;; esac\n", k_doubt},
         {"while read A; do true; done < /x\n", k_doubt},
         {"for A in $(x) c; do true; done\n", k_doubt},
         {"for A in /etc/*; do true; done\n", k_doubt},
         {"for B in b c; do probe && break; A=$B; done\n", k_doubt},
         {"for B in b c; do for C in d; do break 2; done; A=$B; done\n", k_doubt},
         {"while probe; do A=b; done\n", k_doubt},
         {"echo b | { A=b; }\n", k_doubt},
         {"A=b true\n", k_doubt},
         {"A=b | true\n", k_doubt},
         {"{ A=b; } | true\n", k_doubt},
         {"! probe && A=b\n", k_doubt},
         {"read A < /x\n", k_doubt},
         {"eval A=b\n", k_doubt},
         {"$B A=b\n$(c) A=d\n", k_doubt},
         {"A=(b c)\n", k_doubt},
         {"A=\"b\n", k_doubt},
         {"if true; then\nB=c\n", k_doubt},
         {"fi\n", k_doubt},
         {"if true; then\nA=b\ndone\n", k_doubt}});
}

TEST_CASE("an assignment behind it ends every doubt but that a file may have ended") {
  check({{"if probe; then A=b; fi\nA=c\n", "c"},
         {"if probe; then A=b; fi # why\nA=c\n", "c"},
         {"eval x\nA=c\n", "c"},
         {"A=\"$(x)\"\nA=c\n", "c"},
         {"case b in b) A=d;; esac; A=c\n", "c"},
         {"(A=b; exit)\n", ""},
         {"A=c\n( A=b )\n", "c"},
         {"B=$(x \"y)\" 'z' `w`)\nA=c\n", "c"}});
}

TEST_CASE("conditions about texts and files of the image are followed") {
  check({{"[ -d /etc ] && A=b\n", "b"},
         {"[ -f /etc ] && A=b\n", ""},
         {"[ ! -e /x ] && A=b || A=c\n", k_doubt},
         {"! [ -e /x ] && A=b\n", "b"},
         {"[ -e /x ] && A=b\nA=\"$A c\"\n", " c"},
         {"[ -d /etc ] && [ -e /x ] || A=b\n", "b"},
         {"false && probe && A=b\n", ""},
         {"B=\nif [ \"x$B\" = \"x\" ]; then\n  A=b\nelse\n  A=c\nfi\n", "b"},
         {"if [ -n \"$B\" ]; then A=b; elif test -r /etc; then A=c; else A=d; fi\n", "c"},
         {"if [ -e /x ]; then A=b; else\n{ A=c; }; fi\n", "c"},
         {"if [ -e /x ] && probe; then A=b; fi\n", ""},
         {"if probe && [ -e /x ]; then B=b; fi\nA=c\n", "c"},
         {"if true; then if false; then A=b; else A=c; fi; fi\n", "c"}});
}

TEST_CASE("loops over words are followed") {
  check({{"for B in b c \"d e\"; do\n  A=\"$A-$B\"\ndone\n", "-b-c-d e"},
         {"C='b c'; for B in $C d; do A=$A$B; done\n", "bcd"},
         {"for B in b c; do for C in d e; do A=$A$B$C; done; done\n", "bdbecdce"},
         {"for B in b c d; do [ $B = c ] && continue; A=$A$B; done\n", "bd"},
         {"for B in b c d; do if [ $B = c ]; then break; fi; A=$A$B; done\n", "b"},
         {"for B in; do A=b; done\n", ""},
         {"for A in b c; do :; done\n", "c"}});
}

TEST_CASE("what a hypervisor's package leaves out where its loader is not") {
  const std::string words = "for file in $requirements; do\n"
                            "  if [ ! -f /boot/efi/$file ]; then\n"
                            "    warn \"$file\"\n    return 1\n  fi\ndone\n"
                            "A=\"$A audit=0\"\n";
  CHECK(value_of_a("A=b\nrequirements=\"x y\"\n" + words) == "b");
  const std::string loop = "A=b\nfor x in /etc/default/grub.d/*.cfg; do . $x; done\nA=\"$A c\"\n";
  CHECK(value_of_a(loop, {"requirements=\"x y\"\n" + words}) == "b c");
  CHECK(value_of_a(loop, {"requirements=\"\"\n" + words}) == "b audit=0 c");
}

TEST_CASE("a return ends a file, and an exit whatever reads it") {
  check({{"A=b\nreturn\nA=c\n", "b"},
         {"A=b; return 0; A=c\n", "b"},
         {"A=b\nprobe || return\nA=c\n", k_doubt},
         {"A=b\nprobe || return\nB=c\n", "b"},
         {"A=b\nif probe; then\n  return 0\nfi\nA=c\n", k_doubt},
         {"A=b\nexit 0\nA=c\n", k_doubt},
         {"A=b\nprobe && exit\n", k_doubt},
         {"A=b\nexec true\n", k_doubt},
         {"exec 2> /dev/null\nA=b\n", "b"}});
}

TEST_CASE("a function changes what it changes when it is called") {
  const std::string function = "f() {\n  A=b\n  return\n}\n";
  check({{function, ""},
         {function + "A=c\n", "c"},
         {function + "A=c\nf\n", k_doubt},
         {function + "A=c\nprobe && f x\n", k_doubt},
         {"function f {\n A=b\n}\nA=c\n", "c"},
         {"function f {\n A=b\n}\nA=c\nf\n", k_doubt},
         {"f ()\n{\n eval x\n}\nA=c\n", "c"},
         {"f ()\n{\n eval x\n}\nA=c\nf\n", k_doubt}});
}

TEST_CASE("text of here-documents sets nothing") {
  check({{"A=b\ncat << EOF\nA=c\nEOF\n", "b"},
         {"A=b\ncat <<-'EOF' > /dev/null\nA=c\n\tEOF\nB=d\n", "b"},
         {"A=b\ncat << EOF\nA=c\n", k_doubt},
         {"cat << X << Y; A=b\n1\nX\nA=c\nY\n", "b"},
         {"A=b 2> /dev/null\n", "b"}});
}

TEST_CASE("files that are read count in their place") {
  const std::string loop =
      "for x in /etc/default/grub.d/*.cfg ; do\n  if [ -e \"${x}\" ]; then\n"
      "    . \"${x}\" || grub_warn \"Received non-zero exit code from ${x}.\"\n"
      "  fi\ndone\n";
  CHECK(value_of_a(loop, {"A=b\n", "A=\"$A c\"\n"}) == "b c");
  CHECK(value_of_a("A=a\n" + loop + "A=\"$A d\"\n", {"A=\"$A b\"\nreturn\nA=c\n"}) == "a b d");
  CHECK(value_of_a("for x in /etc/default/grub.d/*.cfg; do . $x; done", {"A=b\n"}) == "b");
  CHECK(
      value_of_a("for x in /etc/default/grub.d/*.cfg; do [ -r \"$x\" ] || continue; . \"$x\"; done",
                 {"A=b\n"}) == "b");
  CHECK(value_of_a("if [ -d /etc/default/grub.d ]; then\n" + loop + "fi\n", {"A=b\n"}) == "b");
  CHECK(value_of_a("if ! [ -d /etc/default/grub.d ]; then\nA=c\nfi\n", {"A=b\n"}) == "");
  CHECK(value_of_a("if probe; then\n" + loop + "fi\n", {"A=b\n"}) == k_doubt);
  CHECK(value_of_a("probe && for x in /etc/default/grub.d/*.cfg; do . $x; done", {"A=b\n"}) ==
        k_doubt);
  CHECK(value_of_a(". /etc/default/grub.d/1.cfg\n", {"A=b\n", "A=c\n"}) == "c");
  CHECK(value_of_a("probe && . /etc/default/grub.d/1.cfg\n", {"A=b\n", "A=c\n"}) == k_doubt);
  CHECK(value_of_a("A=c\nprobe && . /x\n") == "c");
  CHECK(value_of_a("A=c\n. \"$B/x\"\n. $HOME/x\n") == k_doubt);
  // One that reads itself, and one that reads all.
  CHECK(value_of_a(". /etc/default/grub.d/0.cfg\n", {". /etc/default/grub.d/0.cfg\nA=b\n"}) == "b");
  CHECK(value_of_a(loop, {loop, loop, loop, loop, loop, loop}) == k_doubt);
}

TEST_CASE("no text is too much for a reader of settings") {
  std::string doubling = "A=bbbbbbbbbbbbbbbb\n";
  for (int count = 0; count < 60; ++count)
    doubling += "A=$A$A\n";
  CHECK(value_of_a(doubling) == k_doubt);
  std::string deep = "A=";
  for (int count = 0; count < 100000; ++count)
    deep += "$(";
  CHECK(value_of_a(deep) == k_doubt);
  CHECK(value_of_a("A=b\nB=" + std::string(100000, '(')) == k_doubt);
}
