// SPDX-License-Identifier: MIT
#include <functional>
#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include <imagewright/base/error.hpp>
#include <imagewright/tree/possible_tree.hpp>

#include "tree_fixture.hpp"

using namespace imagewright;
using tree::RootTree;

namespace {

/// "/", "/a", "/a/one" and "/two" of one file, "/link".
RootTree sound_tree() {
  RootTree sound;
  tree::Inode directory{.type = fs::FileType::directory, .permissions = 0755};
  tree::Inode file{.permissions = 0644, .name_count = 2};
  file.size = 3;
  file.text = "abc";
  tree::Inode link{.type = fs::FileType::symlink, .permissions = 0777};
  link.target = "two";
  sound.inodes = {directory, directory, file, link};
  sound.entries = {{"/", 0}, {"/a", 1}, {"/a/one", 2}, {"/link", 3}, {"/two", 2}};
  return sound;
}

} // namespace

TEST_CASE("a tree that was scanned can be one") {
  const imagewright_test::TreeFixture fixture;
  fixture.file("/d/f", "abc");
  fixture.file("/e", "");
  CHECK_NOTHROW(tree::require_possible(fixture.scan()));
  CHECK_NOTHROW(tree::require_possible(sound_tree()));
}

TEST_CASE("what no tree can be is refused") {
  const std::vector<std::pair<const char*, std::function<void(RootTree&)>>> lies{
      {"nothing", [](RootTree& lie) { lie = {}; }},
      {"no root", [](RootTree& lie) { lie.entries.erase(lie.entries.begin()); }},
      {"a root that is a file", [](RootTree& lie) { lie.inodes[0].type = fs::FileType::regular; }},
      {"climbing", [](RootTree& lie) { lie.entries[2].path = "/a/../one"; }},
      {"a relative name", [](RootTree& lie) { lie.entries[4].path = "two"; }},
      {"an empty part", [](RootTree& lie) { lie.entries[2].path = "/a//one"; }},
      {"a zero byte", [](RootTree& lie) { lie.entries[4].path = std::string("/t\0o", 4); }},
      {"no directory", [](RootTree& lie) { lie.entries[2].path = "/b/one"; }},
      {"below a link", [](RootTree& lie) { lie.entries[4].path = "/link/two"; }},
      {"twice", [](RootTree& lie) { lie.entries[4].path = "/link"; }},
      {"out of order", [](RootTree& lie) { std::swap(lie.entries[3], lie.entries[4]); }},
      {"a file that is not there", [](RootTree& lie) { lie.entries[4].inode = 4; }},
      {"a file without a name", [](RootTree& lie) { lie.inodes.push_back(lie.inodes[2]); }},
      {"more names than it has", [](RootTree& lie) { lie.inodes[2].name_count = 3; }},
      {"a directory with two names",
       [](RootTree& lie) {
         lie.entries[4].inode = 1;
         lie.inodes[1].name_count = 2;
         lie.inodes[2].name_count = 1;
       }},
      {"more than permissions", [](RootTree& lie) { lie.inodes[2].permissions = 0170644; }},
      {"more than a second",
       [](RootTree& lie) { lie.inodes[2].modified_nanoseconds = 1'000'000'000; }},
      {"a target that ends early",
       [](RootTree& lie) { lie.inodes[3].target = std::string("t\0o", 3); }},
      {"a size beyond all measure", [](RootTree& lie) { lie.inodes[2].size = ~0ULL; }},
      {"a link with a size", [](RootTree& lie) { lie.inodes[3].size = 3; }},
      {"another size than its text", [](RootTree& lie) { lie.inodes[2].size = 4; }},
      {"a late text outside",
       [](RootTree& lie) {
         lie.inodes[2].late_places = {{~0ULL, "hash", "x"}};
       }},
      {"a late text over the end", [](RootTree& lie) {
         lie.inodes[2].late_places = {{2, "hash", "xy"}};
       }}};
  for (const auto& [what, change] : lies) {
    INFO(what);
    RootTree lie = sound_tree();
    change(lie);
    CHECK_THROWS_AS(tree::require_possible(lie), base::BugError);
  }
}
