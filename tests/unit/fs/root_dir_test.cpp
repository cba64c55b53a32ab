// SPDX-License-Identifier: MIT
#include <imagewright_test/scratch.hpp>
#include <sys/stat.h>

#include <catch2/catch.hpp>

#include <imagewright/base/error.hpp>
#include <imagewright/fs/file.hpp>
#include <imagewright/fs/root_dir.hpp>

using namespace imagewright;

TEST_CASE("writes files with their mode and makes parents") {
  const imagewright_test::ScratchDirectory scratch;
  const fs::RootDir root(scratch.path());
  root.write("/etc/deep/file", "content", 0640);
  CHECK(root.read("etc/deep/file") == "content");
  CHECK(root.find_status("/etc/deep/file")->permissions == 0640);
  CHECK(root.find_status("/etc/deep")->permissions == 0755);
  root.append("/etc/deep/file", "+more");
  CHECK(root.read("/etc/deep/file") == "content+more");
  CHECK(root.find_status("/etc/deep/file")->permissions == 0640);
}

TEST_CASE("absolute links and .. stay inside the root") {
  const imagewright_test::ScratchDirectory scratch;
  scratch.write("host-secret", "secret");
  std::filesystem::create_directory(scratch / "root");
  const fs::RootDir root(scratch / "root");
  root.make_symlink("/etc", "/../..");
  root.write("/etc/passwd", "inside", 0644);
  CHECK(fs::read_file(scratch / "root/passwd") == "inside");
  root.make_symlink("/escape", (scratch / "host-secret").string());
  CHECK_FALSE(root.find_content("/escape").has_value());
  CHECK_FALSE(root.find_content("/../host-secret").has_value());
}

TEST_CASE("a looping link is an error with the path, not a hang") {
  const imagewright_test::ScratchDirectory scratch;
  const fs::RootDir root(scratch.path());
  root.make_symlink("/a", "b");
  root.make_symlink("/b", "a");
  CHECK_FALSE(root.exists("/a"));
  CHECK_THROWS_AS(root.find_content("/a"), base::Error);
  CHECK(root.find_link_target("/a") == "b");
}

TEST_CASE("a FIFO in place of a file does not make us wait") {
  const imagewright_test::ScratchDirectory scratch;
  REQUIRE(::mkfifo((scratch / "pipe").c_str(), 0600) == 0);
  CHECK_THROWS_AS(fs::RootDir(scratch.path()).find_content("/pipe"), base::Error);
}

TEST_CASE("lists sorted names, and nothing where nothing is") {
  const imagewright_test::ScratchDirectory scratch;
  const fs::RootDir root(scratch.path());
  root.write("/d/b", "", 0644);
  root.write("/d/a", "", 0644);
  CHECK(root.list("/d") == std::vector<std::string>{"a", "b"});
  CHECK(root.list("/missing").empty());
  CHECK_FALSE(root.find_status("/missing").has_value());
  CHECK_FALSE(root.find_target_status("/missing").has_value());
}

TEST_CASE("removes trees without following links") {
  const imagewright_test::ScratchDirectory scratch;
  scratch.write("keep/file", "x");
  const fs::RootDir root(scratch.path());
  root.make_symlink("/gone/link", "/keep");
  root.write("/gone/deep/file", "", 0600);
  root.remove_tree("/gone");
  CHECK_FALSE(root.exists("/gone"));
  CHECK(root.exists("/keep/file"));
  root.remove_tree("/gone");
}
