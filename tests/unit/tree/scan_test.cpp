// SPDX-License-Identifier: MIT
#include <array>

#include <fcntl.h>
#include <imagewright_test/deep.hpp>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <catch2/catch.hpp>

#include <imagewright/base/error.hpp>
#include <imagewright/fs/temporary_directory.hpp>
#include <imagewright/tree/scan.hpp>

#include "tree_fixture.hpp"

namespace base = imagewright::base;
namespace fs = imagewright::fs;
namespace tree = imagewright::tree;
using imagewright_test::TreeFixture;

namespace {

std::vector<std::string> paths_of(const tree::RootTree& table) {
  std::vector<std::string> paths;
  for (const auto& entry : table.entries)
    paths.push_back(entry.path);
  return paths;
}

const base::Epoch k_epoch{std::chrono::seconds(1'700'000'000)};

} // namespace

TEST_CASE("a scan is sorted and knows types, permissions, sizes and targets") {
  const TreeFixture fixture;
  fixture.file("/usr/bin/tool", "#!");
  fixture.file("/usr/b", "");
  std::filesystem::create_symlink("/absolute/target", fixture.root() / "link");
  chmod((fixture.root() / "usr/bin/tool").c_str(), 04755);
  mkfifo((fixture.root() / "pipe").c_str(), 0640);
  const auto table = fixture.scan();
  CHECK(paths_of(table) == std::vector<std::string>{"/", "/link", "/pipe", "/usr", "/usr/b",
                                                    "/usr/bin", "/usr/bin/tool"});
  CHECK(table.find("/usr/bin/tool")->permissions == 04755);
  CHECK(table.find("/usr/bin/tool")->size == 2);
  CHECK(table.find("/usr/bin/tool")->content == "/usr/bin/tool");
  CHECK(table.find("/link")->type == fs::FileType::symlink);
  CHECK(table.find("/link")->target == "/absolute/target");
  CHECK(table.find("/pipe")->type == fs::FileType::fifo);
  CHECK(table.find("/usr")->type == fs::FileType::directory);
  CHECK(table.find("/absent") == nullptr);
}

TEST_CASE("times later than the epoch become the epoch, earlier ones stay") {
  const TreeFixture fixture;
  fixture.file("/new", "");
  fixture.file("/old", "");
  const std::array<timespec, 2> old{timespec{1'000'000'000, 5}, timespec{1'000'000'000, 5}};
  utimensat(AT_FDCWD, (fixture.root() / "old").c_str(), old.data(), 0);
  const auto table = fixture.scan({.epoch = k_epoch});
  CHECK(table.find("/new")->modified == k_epoch);
  CHECK(table.find("/")->modified == k_epoch);
  CHECK(table.find("/old")->modified.time_since_epoch().count() == 1'000'000'000);
}

TEST_CASE("names of one file share an inode") {
  const TreeFixture fixture;
  fixture.file("/b", "x");
  std::filesystem::create_hard_link(fixture.root() / "b", fixture.root() / "a");
  const auto table = fixture.scan();
  CHECK(table.find("/a") == table.find("/b"));
  CHECK(table.find("/a")->name_count == 2);
  CHECK(table.find("/a")->content == "/a");
  CHECK(table.inodes.size() == 2);
}

TEST_CASE("what a running system mounts over is left out, its directory is not") {
  const TreeFixture fixture;
  for (const char* name : {"/dev", "/proc", "/run", "/sys", "/tmp"}) {
    fixture.file(std::string(name) + "/leftover", "x");
  }
  fixture.file("/var/run", "x");
  CHECK(paths_of(fixture.scan()) ==
        std::vector<std::string>{"/", "/dev", "/proc", "/run", "/sys", "/tmp", "/var", "/var/run"});
}

TEST_CASE("empty side files of the package database are left out, unwritten changes are an error") {
  const TreeFixture fixture;
  fixture.file("/var/lib/rpm/rpmdb.sqlite", "x");
  fixture.file("/var/lib/rpm/rpmdb.sqlite-shm", "x");
  fixture.file("/var/lib/rpm/rpmdb.sqlite-wal", "");
  fixture.file("/srv/other-wal", "x");
  const auto table = fixture.scan();
  CHECK(table.find("/var/lib/rpm/rpmdb.sqlite") != nullptr);
  CHECK(table.find("/var/lib/rpm/rpmdb.sqlite-shm") == nullptr);
  CHECK(table.find("/var/lib/rpm/rpmdb.sqlite-wal") == nullptr);
  CHECK(table.find("/srv/other-wal") != nullptr);
  fixture.file("/var/lib/rpm/rpmdb.sqlite-wal", "x");
  CHECK_THROWS_AS(fixture.scan(), base::Error);
}

TEST_CASE("sockets are left out") {
  const TreeFixture fixture;
  const int handle = socket(AF_UNIX, SOCK_STREAM, 0);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  const std::string place = (fixture.root() / "s").string();
  REQUIRE(place.size() < sizeof address.sun_path);
  place.copy(&address.sun_path[0], place.size());
  REQUIRE(bind(handle, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
  close(handle);
  CHECK(paths_of(fixture.scan()) == std::vector<std::string>{"/"});
}

TEST_CASE("overrides replace what the host could not store") {
  const TreeFixture fixture;
  fixture.file("/dev-null", "");
  fixture.file("/bin/ping", "x");
  tree::ScanOptions options;
  options.overrides["/dev-null"] = {.device =
                                        tree::DeviceNode{fs::FileType::character_device, {1, 3}}};
  options.overrides["/bin/ping"] = {
      .owner = 7, .group = 8, .permissions = 0750, .capability = "value"};
  const auto table = fixture.scan(options);
  CHECK(table.find("/dev-null")->type == fs::FileType::character_device);
  CHECK(table.find("/dev-null")->device == tree::DeviceNumber{1, 3});
  const auto* ping = table.find("/bin/ping");
  CHECK(ping->owner == 7);
  CHECK(ping->group == 8);
  CHECK(ping->permissions == 0750);
  CHECK(ping->attributes == std::vector<tree::ExtendedAttribute>{{"security.capability", "value"}});
}

TEST_CASE("an override for a path that is not there is an error") {
  const TreeFixture fixture;
  tree::ScanOptions options;
  options.overrides["/absent"] = {.owner = 7};
  CHECK_THROWS_AS(fixture.scan(options), base::Error);
}

TEST_CASE("ids of a user namespace are translated, others are refused") {
  const TreeFixture fixture;
  fixture.file("/f", "");
  tree::ScanOptions options;
  options.user_ids = {{.image = 0, .host = geteuid(), .count = 1}};
  options.group_ids = {{.image = 5, .host = getegid(), .count = 1}};
  const auto table = fixture.scan(options);
  CHECK(table.find("/f")->owner == 0);
  CHECK(table.find("/f")->group == 5);
  options.user_ids = {{.image = 0, .host = geteuid() + 1, .count = 1}};
  CHECK_THROWS_AS(fixture.scan(options), base::Error);
}

TEST_CASE("boot loaders' files have no holes, others may") {
  const TreeFixture fixture;
  for (const char* name : {"/boot/vmlinuz", "/usr/lib/modules/6.6/vmlinuz", "/var/sparse"}) {
    fixture.file(name, "");
    std::filesystem::resize_file(fixture.root() / std::string(name).substr(1), 1U << 20U);
  }
  const auto table = fixture.scan();
  CHECK(table.find("/boot/vmlinuz")->holes == tree::Holes::forbidden);
  CHECK(table.find("/boot/vmlinuz")->stored_size == 1U << 20U);
  CHECK(table.find("/usr/lib/modules/6.6/vmlinuz")->holes == tree::Holes::forbidden);
  CHECK(table.find("/var/sparse")->holes == tree::Holes::allowed);
  CHECK(table.find("/var/sparse")->stored_size < 1U << 20U);
}

TEST_CASE("user attributes are kept") {
  const TreeFixture fixture;
  fixture.file("/f", "x");
  if (lsetxattr((fixture.root() / "f").c_str(), "user.note", "v", 1, 0) != 0) {
    return; // this filesystem stores none: there is nothing to keep
  }
  CHECK(fixture.scan().find("/f")->attributes ==
        std::vector<tree::ExtendedAttribute>{{"user.note", "v"}});
}

TEST_CASE("a deep tree needs few descriptors, and a path that nobody can name is an error") {
  const TreeFixture fixture;
  const imagewright_test::FewDescriptors limit;
  imagewright_test::make_deep(fixture.root(), 2'000);
  CHECK(fixture.scan().entries.size() == 2'001);
  std::filesystem::create_directory(fixture.root() / "e");
  imagewright_test::make_deep(fixture.root() / "e", 5'000);
  try {
    fixture.scan();
    FAIL("accepted");
  } catch (const base::Error& error) {
    CHECK(error.diagnostic().code == "tree.path-too-long");
  }
  imagewright::fs::remove_tree(fixture.root() / "e");
  imagewright::fs::remove_tree(fixture.root() / "d");
}
