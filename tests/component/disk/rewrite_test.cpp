// SPDX-License-Identifier: MIT
// Filesystems that mke2fs made are written anew with other content, and stay what they are.
#include <algorithm>
#include <fstream>
#include <regex>
#include <sstream>

#include <fcntl.h>
#include <imagewright_test/skip.hpp>
#include <sys/stat.h>

#include <catch2/catch.hpp>

#include <imagewright/base/error.hpp>
#include <imagewright/disk/filesystem_reader.hpp>
#include <imagewright/disk/rewrite.hpp>
#include <imagewright/fs/unique_fd.hpp>

#include "disk_fixture.hpp"
#include "memory_source.hpp"

namespace base = imagewright::base;
namespace disk = imagewright::disk;
namespace fs = imagewright::fs;
namespace tree = imagewright::tree;
using imagewright_test::DiskFixture;
using imagewright_test::has_program;
using imagewright_test::MemorySource;
using imagewright_test::run_tool;

namespace {

using Words = std::vector<std::string>;

std::filesystem::path make_ext(const DiskFixture& fixture, const Words& options,
                               const std::string& size) {
  auto path = fixture.path("made");
  Words command = {"mke2fs", "-q", "-F"};
  command.insert(command.end(), options.begin(), options.end());
  command.insert(command.end(), {path.string(), size});
  const auto run = run_tool(command);
  INFO(run.output);
  REQUIRE(run.exit_code == 0);
  return path;
}

/// A file for every way in which blocks are found, a directory with an index, and what only an
/// inode has.
void populate(const DiskFixture& fixture) {
  std::string varied(3'000'000, '\0');
  for (std::size_t index = 0; index < varied.size(); ++index)
    varied[index] = static_cast<char>('a' + index / 1000 % 23);
  fixture.file("/dir/large", varied);
  fixture.file("/dir/small", "small\n");
  fixture.file("/dir/empty", "");
  // Data far behind a hole: in the reach of the last map of blocks, where these have 1 KiB.
  fixture.file("/dir/holes", "start");
  std::fstream file(fixture.root() / "dir/holes", std::ios::in | std::ios::out | std::ios::binary);
  for (const std::uint64_t place : {300'000U, 5'000'000U, 80'000'000U}) {
    file.seekp(static_cast<std::streamoff>(place));
    file << std::string(3000, 'x');
  }
  file.close();
  for (int index = 0; index < 1500; ++index)
    fixture.file("/many/name-that-is-rather-long-\u00e4\u00f6-" + std::to_string(index), "");
  std::filesystem::create_directory_symlink("dir", fixture.root() / "fast");
  std::filesystem::create_symlink(std::string(1000, 'y'), fixture.root() / "slow");
  std::filesystem::create_hard_link(fixture.root() / "dir/small", fixture.root() / "second");
  chmod((fixture.root() / "dir/small").c_str(), 04751);
}

tree::Inode& inode_of(tree::RootTree& content, std::string_view path) {
  const auto entry =
      std::find_if(content.entries.begin(), content.entries.end(),
                   [&](const tree::Entry& candidate) { return candidate.path == path; });
  REQUIRE(entry != content.entries.end());
  return content.inodes.at(entry->inode);
}

tree::RootTree tree_of(const DiskFixture& fixture) {
  const base::Cancellation never;
  tree::RootTree made =
      tree::scan(imagewright::model::SealedRoot{.path = fixture.root()}, fixture.options, never);
  for (std::size_t index = 0; index < made.inodes.size(); ++index) {
    tree::Inode& inode = made.inodes[index];
    inode.owner = static_cast<uid_t>(70'000 + index);
    inode.group = static_cast<gid_t>(index);
    inode.modified = base::Epoch(std::chrono::seconds(1'600'000'000 + index));
    inode.attributes.push_back({"security.selinux", "system_u:object_r:etc_t:s0"});
  }
  return made;
}

/// With what the host cannot store.
tree::RootTree full_tree_of(const DiskFixture& fixture) {
  tree::RootTree made = tree_of(fixture);
  for (tree::Inode& inode : made.inodes)
    inode.modified_nanoseconds = 123'456'789;
  inode_of(made, "/dir/large").attributes.push_back({"user.much", std::string(700, 'm')});
  inode_of(made, "/dir/empty").flags = 0x10; // immutable
  inode_of(made, "/dir/holes").holes = tree::Holes::as_stored;
  return made;
}

std::filesystem::path rewrite(const DiskFixture& fixture, const std::filesystem::path& former,
                              const tree::RootTree& content,
                              disk::FilesystemSize size = disk::FilesystemSize::kept,
                              std::uint64_t added = 0) {
  const MemorySource source(former);
  const std::uint64_t bytes = source.size() + added;
  const auto write = disk::plan_rewrite({.identity = disk::read_identity(source),
                                         .size = base::ByteSize(bytes),
                                         .partition = "data",
                                         .mount_point = "/srv",
                                         .tree = std::make_shared<tree::RootTree>(content),
                                         .epoch = fixture.options.epoch,
                                         .filesystem_size = size});
  auto path = fixture.path("rewritten");
  std::ofstream(path).close();
  std::filesystem::resize_file(path, bytes);
  const fs::UniqueFd file(open(path.c_str(), O_RDWR | O_CLOEXEC));
  const base::Cancellation never;
  write({.fd = file.get(), .start = 0, .size = bytes, .file = path.string()}, never);
  return path;
}

void check_clean(const std::filesystem::path& filesystem) {
  const auto checked = run_tool({"e2fsck", "-f", "-n", filesystem.string()});
  INFO(checked.output);
  CHECK(checked.exit_code == 0);
}

/// What dumpe2fs says of it without what tells of its use: counts of what is free, and times.
std::string described(const std::filesystem::path& filesystem) {
  std::string kept;
  std::istringstream lines(run_tool({"dumpe2fs", "-h", filesystem.string()}).output);
  const std::regex used("^(Free|Overhead|Filesystem created|Last|Mount count|Lifetime|Checksum:|"
                        "Journal (sequence|start|checksum)|Filesystem state|dumpe2fs).*");
  for (std::string line; std::getline(lines, line);) {
    if (!std::regex_match(line, used)) kept += line + '\n';
  }
  return kept;
}

/// Everything that the program reads of it, held against what was to be written.
void check_content(const std::filesystem::path& filesystem, const tree::RootTree& content,
                   bool has_fine_times) {
  const MemorySource source(filesystem);
  const auto reader = disk::open_filesystem(source);
  REQUIRE(reader);
  std::size_t names = 0;
  for (const tree::Entry& entry : content.entries) {
    INFO(entry.path);
    const tree::Inode& expected = content.inodes[entry.inode];
    const auto found = reader->find(entry.path);
    REQUIRE(found);
    CHECK(found->type == expected.type);
    CHECK(found->permissions == expected.permissions);
    CHECK(found->owner == expected.owner);
    CHECK(found->group == expected.group);
    CHECK(found->modified == expected.modified);
    CHECK(found->modified_nanoseconds == (has_fine_times ? expected.modified_nanoseconds : 0));
    CHECK(found->flags == expected.flags);
    CHECK(reader->attributes(entry.path) == expected.attributes);
    if (expected.type == fs::FileType::symlink)
      CHECK(reader->link_target(entry.path) == expected.target);
    if (expected.type == fs::FileType::directory) names += reader->list(entry.path)->size();
  }
  // Each but the root stands in a directory, and so does lost+found.
  CHECK(names == content.entries.size());
}

/// What debugfs takes out of it has the same content as what went in.
void check_dump(const DiskFixture& fixture, const std::filesystem::path& filesystem) {
  const auto dumped = fixture.path("dumped");
  std::filesystem::remove_all(dumped);
  std::filesystem::create_directory(dumped);
  DiskFixture::debugfs(filesystem, "rdump / " + dumped.string());
  std::filesystem::remove_all(dumped / "lost+found");
  const auto compared =
      run_tool({"diff", "-r", "--no-dereference", fixture.root().string(), dumped.string()});
  INFO(compared.output);
  CHECK(compared.exit_code == 0);
}

bool has_tools() {
  return has_program("mke2fs") && has_program("debugfs") && has_program("dumpe2fs");
}

} // namespace

TEST_CASE("filesystems of mke2fs stay what they are when their content is written anew") {
  if (!has_tools()) IMAGEWRIGHT_SKIP("e2fsprogs is not installed");
  const Words options = GENERATE(
      Words{"-t", "ext4", "-b", "1024"}, Words{"-t", "ext4", "-b", "2048"},
      Words{"-t", "ext4", "-b", "1024", "-O", "^metadata_csum,^64bit,uninit_bg"},
      Words{"-t", "ext4", "-b", "1024", "-O", "^flex_bg"},
      Words{"-t", "ext4", "-b", "1024", "-O", "^resize_inode,^has_journal"},
      Words{"-t", "ext4", "-b", "1024", "-I", "128"},
      Words{"-t", "ext4", "-b", "1024", "-I", "1024"},
      Words{"-t", "ext4", "-b", "4096", "-I", "512", "-g", "8192"},
      Words{"-t", "ext4", "-b", "2048", "-I", "128", "-O", "orphan_file,metadata_csum_seed"},
      Words{"-t", "ext4", "-b", "1024", "-O", "^dir_index,^filetype"},
      Words{"-t", "ext4", "-b", "4096", "-O", "^extent,^64bit"}, Words{"-t", "ext2", "-b", "1024"},
      Words{"-t", "ext2", "-b", "4096", "-I", "128"}, Words{"-t", "ext3", "-b", "1024"},
      Words{"-t", "ext3", "-b", "2048", "-I", "128"}, Words{"-t", "ext3", "-b", "4096"},
      Words{"-t", "ext2", "-b", "1024", "-O", "^ext_attr,^large_file", "-m", "0", "-L", "boot"});
  CAPTURE(options);
  const DiskFixture fixture;
  populate(fixture);
  const tree::RootTree content = full_tree_of(fixture);
  const bool has_fine_times = std::find(options.begin(), options.end(), "128") == options.end();
  const auto made = make_ext(fixture, options, "96M");
  const std::string before = described(made);
  const auto rewritten = rewrite(fixture, made, content);
  check_clean(rewritten);
  check_content(rewritten, content, has_fine_times);
  check_dump(fixture, rewritten);
  std::string after = described(rewritten);
  // Features that content needs come with it, as a kernel adds them.
  const std::string needed = "ext_attr ";
  if (before.find(needed) == std::string::npos)
    after.replace(after.find(needed), needed.size(), "");
  CHECK(after == before);
}

TEST_CASE("a second program finds attributes, links and holes in blocks of any size") {
  if (!has_tools()) IMAGEWRIGHT_SKIP("e2fsprogs is not installed");
  const Words options =
      GENERATE(Words{"-t", "ext4", "-b", "1024"}, Words{"-t", "ext3", "-b", "1024"},
               Words{"-t", "ext2", "-b", "2048", "-I", "128"});
  CAPTURE(options);
  const DiskFixture fixture;
  populate(fixture);
  const auto rewritten = rewrite(fixture, make_ext(fixture, options, "96M"), full_tree_of(fixture));
  const std::string small = DiskFixture::debugfs(rewritten, "stat /dir/small");
  CHECK(small.find("Mode:  04751") != std::string::npos);
  CHECK(small.find("Links: 2") != std::string::npos);
  const std::string much = DiskFixture::debugfs(rewritten, "ea_get /dir/large user.much");
  CHECK(much.find(std::string(700, 'm')) != std::string::npos);
  // Of 80 MB a few blocks are stored.
  const std::string holes = DiskFixture::debugfs(rewritten, "stat /dir/holes");
  std::smatch count;
  REQUIRE(std::regex_search(holes, count, std::regex("Blockcount: ([0-9]+)")));
  CHECK(std::stoul(count[1]) < 200);
}

TEST_CASE("names beyond ASCII are found whatever letters the machine of the filesystem had") {
  if (!has_tools()) IMAGEWRIGHT_SKIP("e2fsprogs is not installed");
  const DiskFixture fixture;
  populate(fixture);
  const auto made = make_ext(fixture, {"-t", "ext4", "-b", "4096"}, "96M");
  // What mke2fs says where a "char" has no sign, as on ARM; and that of before it said any.
  const auto [flags, expected] = GENERATE(table<std::string, std::string>(
      {{"2", "unsigned_directory_hash"}, {"0", "signed_directory_hash"}}));
  run_tool({"debugfs", "-w", "-R", "ssv flags " + flags, made.string()});
  const tree::RootTree content = tree_of(fixture);
  const auto rewritten = rewrite(fixture, made, content);
  check_clean(rewritten);
  const std::string said = run_tool({"dumpe2fs", "-h", rewritten.string()}).output;
  CHECK(said.find(" " + expected) != std::string::npos);
}

TEST_CASE("filesystems with small blocks grow with their partition") {
  if (!has_tools()) IMAGEWRIGHT_SKIP("e2fsprogs is not installed");
  const DiskFixture fixture;
  fixture.file("/a", "content\n");
  const Words options =
      GENERATE(Words{"-t", "ext4", "-b", "1024"}, Words{"-t", "ext2", "-b", "2048"});
  const auto made = make_ext(fixture, options, "40M");
  constexpr std::uint64_t added = std::uint64_t{100} << 20U;
  const auto rewritten =
      rewrite(fixture, made, tree_of(fixture), disk::FilesystemSize::of_partition, added);
  check_clean(rewritten);
  const MemorySource source(rewritten);
  CHECK(disk::open_filesystem(source)->facts().size == base::ByteSize::mib(140));
}

TEST_CASE("what a filesystem of old cannot hold is told, and nothing is cut") {
  if (!has_tools()) IMAGEWRIGHT_SKIP("e2fsprogs is not installed");
  const DiskFixture fixture;
  fixture.file("/a", "content\n");
  tree::RootTree content = tree_of(fixture);
  tree::Inode& file = inode_of(content, "/a");
  SECTION("a time after 2038") {
    file.modified = base::Epoch(std::chrono::seconds(std::int64_t{1} << 31U));
  }
  SECTION("a file that its map of blocks does not reach") {
    file.size = std::uint64_t{20} << 30U;
  }
  SECTION("a link that is longer than a block") {
    file.type = fs::FileType::symlink;
    file.target.assign(1024, 'x');
  }
  const auto made = make_ext(fixture, {"-t", "ext2", "-b", "1024", "-I", "128"}, "32M");
  std::string code;
  try {
    rewrite(fixture, made, content);
  } catch (const base::Error& error) {
    code = error.diagnostic().code;
  }
  CHECK(code == "disk.file-unsupported");
}

TEST_CASE("FAT of every kind stays what it is when its content is written anew") {
  if (!has_program("mkfs.vfat") || !has_program("fsck.vfat") || !has_program("mtype"))
    IMAGEWRIGHT_SKIP("mkfs.vfat, fsck.vfat or mtype is not installed");
  const Words options =
      GENERATE(Words{"-F", "12"}, Words{"-F", "12", "-s", "8", "-r", "64", "-f", "1"},
               Words{"-F", "16", "-s", "2"}, Words{"-F", "32", "-s", "1"});
  CAPTURE(options);
  const DiskFixture fixture;
  fixture.file("/EFI/BOOT/BOOTX64.EFI", std::string(100'001, 'e'));
  fixture.file("/loader/a name that is long and has blanks.conf", "title x\n");
  for (int index = 0; index < 40; ++index)
    fixture.file("/f/" + std::to_string(index), std::string(700, 'f'));
  const auto made = fixture.path("made");
  std::ofstream(made).close();
  std::filesystem::resize_file(made, options.at(1) == "12" ? 2U << 20U : 40U << 20U);
  Words command = {"mkfs.vfat", "-i", "1234abcd", "-n", "ESP"};
  command.insert(command.end(), options.begin(), options.end());
  command.push_back(made.string());
  REQUIRE(run_tool(command).exit_code == 0);
  const base::Cancellation never;
  const tree::RootTree content =
      tree::scan(imagewright::model::SealedRoot{.path = fixture.root()}, fixture.options, never);
  const auto rewritten = rewrite(fixture, made, content);
  const auto checked = run_tool({"fsck.vfat", "-n", "-v", rewritten.string()});
  INFO(checked.output);
  CHECK(checked.exit_code == 0);
  CHECK(checked.output.find(options.at(1) + " bit entries") != std::string::npos);
  const MemorySource before(made);
  const MemorySource after(rewritten);
  // The boot sector up to where FAT32 says its root begins.
  CHECK(after.bytes.substr(0, 44) == before.bytes.substr(0, 44));
  CHECK(disk::open_filesystem(after)->facts().uuid == "1234-ABCD");
  CHECK(disk::open_filesystem(after)->facts().label == "ESP");
  const auto read = run_tool({"mtype", "-i", rewritten.string(), "::/EFI/BOOT/BOOTX64.EFI"});
  CHECK(read.output == std::string(100'001, 'e'));
  const auto listed = run_tool({"mdir", "-b", "-/", "-i", rewritten.string(), "::/"});
  CHECK(std::count(listed.output.begin(), listed.output.end(), '\n') ==
        static_cast<std::ptrdiff_t>(content.entries.size() - 1));
}
