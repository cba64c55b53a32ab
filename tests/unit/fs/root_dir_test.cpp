// SPDX-License-Identifier: MIT
#include <array>

#include <imagewright_test/scratch.hpp>
#include <imagewright_test/skip.hpp>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>
#include <unistd.h>

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

TEST_CASE("a new file takes the name: nothing is written through a link or to other names") {
  const imagewright_test::ScratchDirectory scratch;
  const fs::RootDir root(scratch.path());
  root.write("/usr/share/zoneinfo/UTC", "UTC", 0644);
  root.make_symlink("/etc/localtime", "../usr/share/zoneinfo/UTC");
  root.write("/etc/localtime", "mine", 0644);
  CHECK(root.read("/usr/share/zoneinfo/UTC") == "UTC");
  CHECK(root.read("/etc/localtime") == "mine");
  CHECK_FALSE(root.find_link_target("/etc/localtime"));

  root.make_symlink("/etc/lost", "/nowhere/at/all");
  root.write("/etc/lost", "found", 0600);
  CHECK(root.read("/etc/lost") == "found");
  CHECK_FALSE(root.exists("/nowhere"));

  root.write("/one", "both", 0644);
  std::filesystem::create_hard_link(scratch / "one", scratch / "two");
  root.write("/one", "new", 0600);
  CHECK(root.read("/two") == "both");
  CHECK(root.find_status("/two")->permissions == 0644);
  std::filesystem::create_hard_link(scratch / "one", scratch / "three");
  root.append("/three", "er");
  CHECK(root.read("/one") == "new");
  CHECK(root.read("/three") == "newer");
  CHECK(root.find_status("/three")->permissions == 0600);
}

TEST_CASE("a new file keeps what its predecessor had besides its content") {
  const imagewright_test::ScratchDirectory scratch;
  const fs::RootDir root(scratch.path());
  root.write("/f", "old", 0644);
  if (::setxattr((scratch / "f").c_str(), "user.note", "kept", 4, 0) != 0)
    IMAGEWRIGHT_SKIP("the filesystem has no attributes");
  if (::geteuid() == 0) root.set_owner("/f", 12, 34);
  root.write("/f", "new", 0640);
  std::array<char, 8> value{};
  CHECK(::getxattr((scratch / "f").c_str(), "user.note", value.data(), value.size()) == 4);
  const auto status = root.find_status("/f");
  CHECK(status->permissions == 0640);
  if (::geteuid() == 0) CHECK((status->owner == 12 && status->group == 34));
}

TEST_CASE("devices and FIFOs are neither read, written, changed nor waited for") {
  const imagewright_test::ScratchDirectory scratch;
  const fs::RootDir root(scratch.path());
  REQUIRE(::mkfifo((scratch / "fifo").c_str(), 0644) == 0);
  std::vector<std::string> names{"/fifo", "/link"};
  root.make_symlink("/link", "fifo");
  // A device that cannot be opened is enough to see that nobody tries.
  if (::mknod((scratch / "device").c_str(), S_IFCHR | 0666, makedev(1, 1)) == 0)
    names.emplace_back("/device");
  for (const std::string& name : names) {
    INFO(name);
    CHECK_THROWS_AS(root.find_content(name), base::Error);
    CHECK_THROWS_AS(root.open_file(name), base::Error);
    CHECK_THROWS_AS(root.open_file(name, fs::FileAccess::changing), base::Error);
    CHECK_THROWS_AS(root.append(name, "x"), base::Error);
    CHECK_THROWS_AS(root.set_permissions(name, 0600), base::Error);
    if (name == "/link") continue;
    CHECK_THROWS_AS(root.write(name, "x", 0644), base::Error);
    CHECK_FALSE(root.find_status(name)->type == fs::FileType::regular);
  }
  // Nothing is left of the attempts.
  CHECK(root.list("/").size() == names.size());
  root.make_directories("/d");
  CHECK_THROWS_AS(root.write("/d", "x", 0644), base::Error);
}

TEST_CASE("a name that stands for a new file on its way is stepped around") {
  const imagewright_test::ScratchDirectory scratch;
  const fs::RootDir root(scratch.path());
  root.make_symlink("/.imagewright-new-0", "/victim");
  root.write("/victim", "whole", 0644);
  root.write("/f", "new", 0644);
  CHECK(root.read("/victim") == "whole");
  CHECK(root.read("/f") == "new");
}
