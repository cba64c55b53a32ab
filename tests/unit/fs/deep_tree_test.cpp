// SPDX-License-Identifier: MIT
#include <imagewright_test/deep.hpp>
#include <imagewright_test/scratch.hpp>

#include <catch2/catch.hpp>

#include <imagewright/fs/claimed_directory.hpp>
#include <imagewright/fs/directory_cursor.hpp>
#include <imagewright/fs/root_dir.hpp>
#include <imagewright/fs/temporary_directory.hpp>

using namespace imagewright;

using imagewright_test::directory_at;
using imagewright_test::FewDescriptors;
using imagewright_test::make_deep;

TEST_CASE("removes directories that are deeper than a stack, with few descriptors") {
  const imagewright_test::ScratchDirectory scratch;
  const FewDescriptors limit;
  std::filesystem::create_directory(scratch / "top");
  make_deep(scratch / "top", 20'000);
  fs::remove_tree(scratch / "top");
  CHECK_FALSE(std::filesystem::exists(scratch / "top"));
}

TEST_CASE("removes deep directories inside of a root") {
  const imagewright_test::ScratchDirectory scratch;
  const FewDescriptors limit;
  make_deep(scratch.path(), 3'000);
  fs::RootDir(scratch.path()).remove_tree("/d");
  CHECK(fs::RootDir(scratch.path()).list("/").empty());
}

TEST_CASE("removes what a killed build left behind, however deep") {
  const imagewright_test::ScratchDirectory scratch;
  const FewDescriptors limit;
  std::filesystem::create_directory(scratch / "work-1");
  make_deep(scratch / "work-1", 5'000);
  fs::remove_abandoned(scratch.path(), "work-");
  CHECK_FALSE(std::filesystem::exists(scratch / "work-1"));
}

TEST_CASE("a cursor finds the way back, and notices when it is another one") {
  const imagewright_test::ScratchDirectory scratch;
  std::filesystem::create_directories(scratch / "a/b");
  std::filesystem::create_directory_symlink("a", scratch / "link");
  fs::DirectoryCursor cursor(directory_at(scratch.path()));
  CHECK(fs::names_in(cursor.fd()) == std::vector<std::string>{"a", "link"});
  CHECK_FALSE(cursor.enter("link"));
  REQUIRE(cursor.enter("a"));
  REQUIRE(cursor.enter("b"));
  CHECK(cursor.depth() == 2);
  std::filesystem::rename(scratch / "a/b", scratch / "moved");
  CHECK_FALSE(cursor.leave());
}
