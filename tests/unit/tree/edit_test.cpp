// SPDX-License-Identifier: MIT
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <catch2/catch.hpp>

#include <imagewright/base/error.hpp>
#include <imagewright/fs/file.hpp>
#include <imagewright/tree/edit.hpp>

using namespace imagewright;
using tree::TreeEditor;

namespace {

tree::RootTree tree_with(const std::vector<std::pair<std::string, std::size_t>>& names) {
  tree::RootTree tree{.host_path = "/", .inodes = {}, .entries = {}};
  tree.inodes.resize(names.size());
  for (const auto& [path, inode] : names) {
    tree.entries.push_back({path, inode});
    tree.inodes[inode].type = fs::FileType::directory;
  }
  return tree;
}

std::string paths_of(const tree::RootTree& tree) {
  std::string text;
  for (const tree::Entry& entry : tree.entries)
    text += entry.path + " ";
  return text;
}

} // namespace

TEST_CASE("a directory is cleared and stays, and what begins like it too") {
  TreeEditor editor(tree_with({{"/", 0}, {"/boot", 1}, {"/boot/efi", 2}, {"/boot-x", 3}}));
  editor.clear("/boot");
  CHECK(paths_of(editor.finish()) == "/ /boot /boot-x ");
}

TEST_CASE("a file that is put gets the directories above it, in order") {
  TreeEditor editor(tree_with({{"/", 0}, {"/usr", 1}}));
  editor.put("/usr/lib/wsl/x", tree::text_file("hello", 0644, base::Epoch()));
  CHECK(editor.list("/usr/lib") == std::vector<std::string>{"wsl"});
  const tree::RootTree tree = editor.finish();
  CHECK(paths_of(tree) == "/ /usr /usr/lib /usr/lib/wsl /usr/lib/wsl/x ");
  const fs::UniqueFd content = tree::ContentReader(tree).open(*tree.find("/usr/lib/wsl/x"));
  std::string text(5, '\0');
  fs::read_exactly(content.get(), std::as_writable_bytes(std::span(text)), 0, "x");
  CHECK(text == "hello");
}

TEST_CASE("a name that goes is no name of its file any more") {
  tree::RootTree tree = tree_with({{"/", 0}, {"/a", 1}, {"/b", 1}});
  tree.inodes.pop_back();
  tree.inodes[1].type = fs::FileType::regular;
  tree.inodes[1].name_count = 2;
  TreeEditor editor(std::move(tree));
  editor.remove("/a");
  const tree::RootTree finished = editor.finish();
  CHECK(finished.find("/b")->name_count == 1);
  CHECK(finished.inodes.size() == 2);
}

TEST_CASE("a file below something that is no directory is refused") {
  tree::RootTree tree = tree_with({{"/", 0}, {"/etc", 1}});
  tree.inodes[1].type = fs::FileType::symlink;
  TreeEditor editor(std::move(tree));
  CHECK_THROWS_AS(editor.put("/etc/wsl.conf", tree::text_file("", 0644, base::Epoch())),
                  base::Error);
}
