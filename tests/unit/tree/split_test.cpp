// SPDX-License-Identifier: MIT
#include <catch2/catch.hpp>

#include <imagewright/base/error.hpp>
#include <imagewright/tree/split.hpp>

#include "tree_fixture.hpp"

namespace tree = imagewright::tree;
using imagewright_test::TreeFixture;

namespace {

std::vector<std::string> paths_of(const tree::RootTree& table) {
  std::vector<std::string> paths;
  for (const auto& entry : table.entries)
    paths.push_back(entry.path);
  return paths;
}

} // namespace

TEST_CASE("each mount point gets what is below it") {
  const TreeFixture fixture;
  fixture.file("/boot/efi/EFI/a", "");
  fixture.file("/boot/vmlinuz", "");
  fixture.file("/bootless", "");
  const std::vector<std::string> mounts = {"/", "/boot", "/boot/efi"};
  const auto parts = tree::split_at_mounts(fixture.scan(), mounts);
  CHECK(paths_of(parts.at("/")) == std::vector<std::string>{"/", "/boot", "/bootless"});
  CHECK(paths_of(parts.at("/boot")) == std::vector<std::string>{"/", "/efi", "/vmlinuz"});
  CHECK(paths_of(parts.at("/boot/efi")) == std::vector<std::string>{"/", "/EFI", "/EFI/a"});
  CHECK(parts.at("/boot/efi").find("/EFI/a")->content == "/boot/efi/EFI/a");
}

TEST_CASE("a mount point that is missing is made on both sides") {
  const TreeFixture fixture;
  fixture.file("/zoo", "");
  const std::vector<std::string> mounts = {"/", "/srv/data"};
  const auto parts = tree::split_at_mounts(fixture.scan(), mounts);
  CHECK(paths_of(parts.at("/")) == std::vector<std::string>{"/", "/srv", "/srv/data", "/zoo"});
  CHECK(paths_of(parts.at("/srv/data")) == std::vector<std::string>{"/"});
  CHECK(parts.at("/srv/data").find("/")->permissions == 0755);
}

TEST_CASE("a file with names on both sides becomes two files") {
  const TreeFixture fixture;
  fixture.file("/a", "x");
  fixture.directory("/boot");
  std::filesystem::create_hard_link(fixture.root() / "a", fixture.root() / "b");
  std::filesystem::create_hard_link(fixture.root() / "a", fixture.root() / "boot/c");
  const std::vector<std::string> mounts = {"/", "/boot"};
  const auto parts = tree::split_at_mounts(fixture.scan(), mounts);
  CHECK(parts.at("/").find("/a")->name_count == 2);
  CHECK(parts.at("/boot").find("/c")->name_count == 1);
  CHECK(parts.at("/boot").find("/c")->content == "/a");
}

TEST_CASE("a mount point that is a file is an error") {
  const TreeFixture fixture;
  fixture.file("/boot", "x");
  const std::vector<std::string> mounts = {"/", "/boot"};
  CHECK_THROWS_AS(tree::split_at_mounts(fixture.scan(), mounts), imagewright::base::Error);
}
