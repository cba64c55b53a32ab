// SPDX-License-Identifier: MIT
#include <algorithm>
#include <fstream>

#include <catch2/catch.hpp>

#include <imagewright/base/error.hpp>
#include <imagewright/fs/file.hpp>
#include <imagewright/tree/late_text.hpp>
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
  CHECK(tree::ContentReader(table).open(*table.find("/d/f")));
  std::filesystem::remove_all(fixture.root() / "d");
  std::filesystem::create_symlink("other", fixture.root() / "d");
  CHECK_THROWS_AS(tree::ContentReader(table).open(*table.find("/d/f")), imagewright::base::Error);
}

TEST_CASE("content that changed its length is refused") {
  const imagewright_test::TreeFixture fixture;
  fixture.file("/f", "abc");
  const auto table = fixture.scan();
  fixture.file("/f", "abcd");
  CHECK_THROWS_AS(tree::ContentReader(table).open(*table.find("/f")), imagewright::base::Error);
}

TEST_CASE("late words are in the content that is read, and not in the root") {
  const imagewright_test::TreeFixture fixture;
  const std::string placeholder(64, 'p');
  // Across the end of a window, twice, and in a file that nobody names.
  const std::string before((1U << 20U) - 10, 'x');
  fixture.file("/boot/uki", before + placeholder + "y" + placeholder);
  fixture.file("/etc/other", placeholder);
  const std::vector<std::string> paths{"/boot/uki", "/gone"};
  const auto marked = tree::with_late_places(fixture.scan(), paths, {{"root", placeholder}});
  REQUIRE(marked.find("/boot/uki")->late_places.size() == 2);
  CHECK(marked.find("/etc/other")->late_places.empty());
  const std::string hash(64, 'h');
  const auto known = tree::with_late_texts(marked, {{"root", hash}, {"usr", "unused"}});
  const auto content_of = [&](const tree::RootTree& table, const std::string& path) {
    const auto& inode = *table.find(path);
    std::string content(inode.size, '\0');
    const auto file = tree::ContentReader(table).open(inode);
    imagewright::fs::read_exactly(file.get(), std::as_writable_bytes(std::span(content)), 0, path);
    return content;
  };
  CHECK(content_of(known, "/boot/uki") == before + hash + "y" + hash);
  CHECK(content_of(known, "/etc/other") == placeholder);
  CHECK(content_of(fixture.scan(), "/boot/uki") == before + placeholder + "y" + placeholder);
}
