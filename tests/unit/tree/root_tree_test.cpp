// SPDX-License-Identifier: MIT
#include <algorithm>
#include <fstream>

#include <catch2/catch.hpp>

#include <imagewright/base/error.hpp>
#include <imagewright/tree/root_tree.hpp>

#include "tree_fixture.hpp"

namespace tree = imagewright::tree;

TEST_CASE("the content of a directory follows it before any longer name") {
  std::vector<std::string> paths = {"/a-b", "/a/c", "/", "/a", "/a.d/x", "/a.d", "/b"};
  std::sort(paths.begin(), paths.end(), tree::is_before);
  CHECK(paths == std::vector<std::string>{"/", "/a", "/a/c", "/a-b", "/a.d", "/a.d/x", "/b"});
}

TEST_CASE("bytes above 127 sort after ASCII") {
  CHECK(tree::is_before("/z", "/\xc3\xa4"));
  CHECK_FALSE(tree::is_before("/\xc3\xa4", "/z"));
}

TEST_CASE("content is not opened through a link that appeared later") {
  const imagewright_test::TreeFixture fixture;
  fixture.file("/d/f", "abc");
  fixture.file("/other/f", "abc");
  const auto table = fixture.scan();
  CHECK(tree::ContentReader(table.host_path).open(*table.find("/d/f")));
  std::filesystem::remove_all(fixture.root() / "d");
  std::filesystem::create_symlink("other", fixture.root() / "d");
  CHECK_THROWS_AS(tree::ContentReader(table.host_path).open(*table.find("/d/f")),
                  imagewright::base::Error);
}

TEST_CASE("content that changed its length is refused") {
  const imagewright_test::TreeFixture fixture;
  fixture.file("/f", "abc");
  const auto table = fixture.scan();
  fixture.file("/f", "abcd");
  CHECK_THROWS_AS(tree::ContentReader(table.host_path).open(*table.find("/f")),
                  imagewright::base::Error);
}
