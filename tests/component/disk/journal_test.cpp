// SPDX-License-Identifier: MIT
// Filesystems that were not unmounted, with journals that debugfs wrote; e2fsck says what they
// hold.
#include <fstream>

#include <imagewright_test/skip.hpp>

#include <catch2/catch.hpp>

#include <imagewright/base/byte_order.hpp>
#include <imagewright/base/error.hpp>
#include <imagewright/base/text.hpp>
#include <imagewright/disk/filesystem_reader.hpp>

#include "disk_fixture.hpp"
#include "memory_source.hpp"

namespace base = imagewright::base;
namespace disk = imagewright::disk;
namespace fs = imagewright::fs;
using imagewright_test::has_program;
using imagewright_test::MemorySource;
using imagewright_test::run_tool;
using imagewright_test::ScratchDirectory;

namespace {

/// A filesystem, and what debugfs makes of it.
class Journal {
public:
  explicit Journal(const std::string& options) {
    std::filesystem::create_directories(scratch / "root/d");
    for (int index = 0; index < 30; ++index)
      std::ofstream(scratch / "root/d" / std::to_string(index))
          << std::string(static_cast<std::size_t>(index) * 700, 'f');
    std::vector<std::string> argv{"mke2fs", "-q", "-t", "ext4", "-d", scratch / "root"};
    for (const std::string& option : base::split_whitespace(options))
      argv.push_back(option);
    argv.push_back(clean.string());
    argv.emplace_back("16M");
    run(argv);
    // The same filesystem some changes later.
    std::filesystem::copy_file(clean, changed);
    std::ofstream(scratch / "new") << "what the journal holds\n";
    debugfs(changed, "rm /d/7\nwrite " + (scratch / "new").string() +
                         " /d/new\nmkdir /d/deep\nset_inode_field /d/9 mode 0100600\n");
  }

  static void run(const std::vector<std::string>& argv) {
    const auto done = run_tool(argv);
    INFO(base::join(argv, " ") << done.output);
    REQUIRE(done.exit_code == 0);
  }

  void debugfs(const std::filesystem::path& filesystem, const std::string& commands) const {
    const auto script = scratch / "script";
    std::ofstream(script) << commands;
    run({"debugfs", "-w", "-f", script.string(), filesystem.string()});
  }

  /// Writes the blocks in which `changed` differs into the journal of a copy of `clean`.
  std::filesystem::path dirty(const std::string& open_options, const std::string& after) const {
    const std::string before = imagewright_test::read_text(clean);
    const std::string later = imagewright_test::read_text(changed);
    const std::size_t size = std::size_t{1024} << static_cast<unsigned char>(before.at(1024 + 24));
    std::string numbers;
    std::ofstream data(scratch / "blocks", std::ios::binary);
    for (std::size_t block = 1; block < before.size() / size; ++block) {
      if (size == 1024 && block == 1) continue;
      const auto piece = std::string_view(later).substr(block * size, size);
      if (piece == std::string_view(before).substr(block * size, size)) continue;
      numbers += (numbers.empty() ? "" : ",") + std::to_string(block);
      data << piece;
    }
    data.close();
    const auto path = scratch / "dirty";
    std::filesystem::copy_file(clean, path);
    debugfs(path, "jo " + open_options + "\njw -b " + numbers + " " +
                      (scratch / "blocks").string() + "\n" + after + "jc\n");
    return path;
  }

  ScratchDirectory scratch;
  std::filesystem::path clean = scratch / "clean";
  std::filesystem::path changed = scratch / "changed";
};

void list_into(const disk::FilesystemReader& files, const std::string& path, std::string& text) {
  const auto stored = files.find(path);
  REQUIRE(stored);
  text += path + " " + std::to_string(stored->permissions) + " " + std::to_string(stored->size);
  text += " " + files.read(path, base::ByteSize::mib(64)).value_or("") + "\n";
  for (const std::string& name : files.list(path).value_or(std::vector<std::string>()))
    list_into(files, (path == "/" ? "" : path) + "/" + name, text);
}

std::string listing(const std::filesystem::path& path) {
  const MemorySource source(path);
  const auto files = disk::open_filesystem(source);
  REQUIRE(files);
  std::string text;
  list_into(*files, "/", text);
  return text;
}

bool has_tools() {
  return has_program("mke2fs") && has_program("debugfs") && has_program("e2fsck");
}

} // namespace

TEST_CASE("a journal is replayed as e2fsck replays it") {
  if (!has_tools()) IMAGEWRIGHT_SKIP("e2fsprogs is not installed");
  const std::string options = GENERATE(as<std::string>{}, "-b 4096", "-b 1024", "-O ^metadata_csum",
                                       "-O ^64bit", "-O ^metadata_csum,^64bit -b 1024");
  const std::string checksums = GENERATE(as<std::string>{}, "", "-v 2 -c", "-v 3 -c");
  INFO(options << " " << checksums);
  const Journal journal(options);
  const auto dirty = journal.dirty(checksums, "");
  const std::string ours = listing(dirty);
  CHECK(ours != listing(journal.clean));
  {
    const MemorySource source(dirty);
    CHECK(disk::open_filesystem(source)->facts().state == disk::FilesystemState::not_unmounted);
  }
  run_tool({"e2fsck", "-E", "journal_only", "-y", dirty.string()});
  CHECK(ours == listing(dirty));
}

TEST_CASE("blocks that a later transaction revokes are not replayed") {
  if (!has_tools()) IMAGEWRIGHT_SKIP("e2fsprogs is not installed");
  const Journal journal("-b 4096");
  const std::string before = imagewright_test::read_text(journal.clean);
  const std::string later = imagewright_test::read_text(journal.changed);
  std::string all;
  for (std::size_t block = 1; block < before.size() / 4096; ++block) {
    if (before.compare(block * 4096, 4096, later, block * 4096, 4096) != 0)
      all += (all.empty() ? "" : ",") + std::to_string(block);
  }
  const auto dirty = journal.dirty("-v 3 -c", "jw -r " + all + "\n");
  const std::string ours = listing(dirty);
  CHECK(ours == listing(journal.clean));
  run_tool({"e2fsck", "-E", "journal_only", "-y", dirty.string()});
  CHECK(ours == listing(dirty));
}

namespace {

/// Changes some bytes of a block of the journal, counted from its start.
void patch_journal(const std::filesystem::path& filesystem, std::uint64_t block, std::size_t offset,
                   std::string_view bytes) {
  const auto found =
      run_tool({"debugfs", "-R", "bmap <8> " + std::to_string(block), filesystem.string()});
  REQUIRE(found.exit_code == 0);
  std::string whole = imagewright_test::read_text(filesystem);
  const std::uint64_t place = std::stoull(found.output);
  whole.replace(place * 4096 + offset, bytes.size(), bytes);
  std::ofstream(filesystem, std::ios::binary) << whole;
}

std::uint32_t journal_number(const std::filesystem::path& filesystem, std::size_t offset) {
  const std::string whole = imagewright_test::read_text(filesystem);
  const std::size_t start = whole.find(std::string("\xC0\x3B\x39\x98\0\0\0\4", 8));
  REQUIRE(start != std::string::npos);
  return base::big_endian::get<std::uint32_t>(std::as_bytes(std::span(whole)), start + offset);
}

std::string big_endian(std::uint32_t number) {
  std::string bytes;
  for (int shift = 24; shift >= 0; shift -= 8)
    bytes.push_back(static_cast<char>(number >> static_cast<unsigned>(shift) & 0xFFU));
  return bytes;
}

std::string refusal(const std::filesystem::path& filesystem) {
  const MemorySource source(filesystem);
  try {
    return disk::open_filesystem(source) ? "" : "no filesystem";
  } catch (const base::Error& error) {
    return error.diagnostic().code;
  }
}

} // namespace

TEST_CASE("blocks are revoked by a log whose superblock does not yet say that it can") {
  if (!has_tools()) IMAGEWRIGHT_SKIP("e2fsprogs is not installed");
  const Journal journal("-b 4096 -O ^metadata_csum");
  const auto dirty = journal.dirty("", "jw -r 1000,1001\n");
  const std::string expected = listing(dirty);
  const std::uint32_t features = journal_number(dirty, 40);
  REQUIRE((features & 1U) == 1);
  // A kernel writes the superblock again only when it makes room in the log.
  patch_journal(dirty, 0, 40, big_endian(features & ~1U));
  CHECK(listing(dirty) == expected);
  CHECK(expected != listing(journal.clean));
}

TEST_CASE("changes that were committed beside the log are not forgotten") {
  if (!has_tools()) IMAGEWRIGHT_SKIP("e2fsprogs is not installed");
  const Journal journal("-b 4096 -O ^metadata_csum,fast_commit");
  const auto dirty = journal.dirty("", "");
  patch_journal(dirty, 0, 40, big_endian(journal_number(dirty, 40) | 0x20U));
  REQUIRE(journal_number(dirty, 84) > 0);
  CHECK(refusal(dirty) == "");
  const std::uint32_t first = journal_number(dirty, 16) - journal_number(dirty, 84) + 1;
  // A head: its tag, its length, features, and the transaction that comes next; little endian.
  std::string head("\x09\0\x08\0\0\0\0\0", 8);
  const std::uint32_t next = journal_number(dirty, 24) + 1;
  for (unsigned shift = 0; shift < 32; shift += 8)
    head.push_back(static_cast<char>(next >> shift & 0xFFU));
  patch_journal(dirty, first, 0, head);
  CHECK(refusal(dirty) == "disk.journal-unsupported");
}

TEST_CASE("a transaction that was not committed as a whole is ignored") {
  if (!has_tools()) IMAGEWRIGHT_SKIP("e2fsprogs is not installed");
  const Journal journal("-b 4096");
  const auto dirty = journal.dirty("-v 3 -c", "");
  // The commit block is found by the journal's magic and its type, 2.
  std::string bytes = imagewright_test::read_text(dirty);
  const std::size_t commit = bytes.find(std::string("\xC0\x3B\x39\x98\0\0\0\2", 8));
  REQUIRE(commit != std::string::npos);
  bytes.at(commit + 60) ^= 1;
  std::ofstream(dirty, std::ios::binary) << bytes;
  CHECK(listing(dirty) == listing(journal.clean));
}
