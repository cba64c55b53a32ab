// SPDX-License-Identifier: MIT
// Filesystems of every kind, with bytes and whole blocks of them damaged: reading all that is in
// one ends with an error or with values, and soon. IMAGEWRIGHT_FLIPS says how many damages of each
// filesystem, IMAGEWRIGHT_SEED which.
#include <chrono>
#include <fstream>
#include <random>
#include <span>

#include <imagewright_test/read_everything.hpp>
#include <imagewright_test/skip.hpp>

#include <catch2/catch.hpp>

#include <imagewright/base/byte_order.hpp>
#include <imagewright/base/crc32.hpp>
#include <imagewright/base/error.hpp>
#include <imagewright/base/text.hpp>
#include <imagewright/disk/filesystem_reader.hpp>
#include <imagewright/disk/rewrite.hpp>

#include "disk_fixture.hpp"
#include "filesystem_probe.hpp"
#include "memory_source.hpp"

namespace base = imagewright::base;
namespace disk = imagewright::disk;
using imagewright_test::has_program;
using imagewright_test::MemorySource;
using imagewright_test::number_of;
using imagewright_test::run_tool;
using imagewright_test::ScratchDirectory;

namespace {

constexpr std::size_t k_unit = 512;
constexpr std::size_t k_block = 4096;
constexpr int k_most_names = 3000;
constexpr auto k_longest = std::chrono::seconds(20);

/// Some of everything that a filesystem stores in a way of its own.
void make_tree(const std::filesystem::path& root) {
  std::filesystem::create_directories(root / "deep/deeper/deepest");
  std::filesystem::create_directories(root / "names");
  std::ofstream(root / "small") << "small\n";
  std::ofstream(root / "deep/deeper/deepest/file") << std::string(100, 'd');
  std::ofstream(root / "large") << std::string(300'000, 'l') << "end";
  for (int index = 0; index < 120; ++index)
    std::ofstream(root / "names" / ("a name that is long enough " + std::to_string(index)))
        << index;
}

void make_links(const std::filesystem::path& root) {
  std::filesystem::create_symlink("small", root / "link");
  std::filesystem::create_symlink(std::string(200, 't'), root / "long-link");
  std::filesystem::create_hard_link(root / "small", root / "second");
  std::ofstream sparse(root / "sparse");
  sparse.seekp(200'000);
  sparse << "behind a hole";
}

struct Kind {
  const char* name;
  const char* program;
  /// ROOT and IMAGE stand for the files to take and the filesystem to make.
  const char* command;
  unsigned mebibytes;
  bool has_links = true;
};

constexpr Kind k_kinds[] = {
    {"ext4", "mke2fs", "mke2fs -q -F -t ext4 -b 4096 -d ROOT IMAGE", 6},
    {"ext4 without checksums", "mke2fs",
     "mke2fs -q -F -t ext4 -b 1024 -O ^metadata_csum,^64bit -d ROOT IMAGE", 6},
    {"ext4 with content in inodes", "mke2fs",
     "mke2fs -q -F -t ext4 -b 4096 -O inline_data,^metadata_csum -d ROOT IMAGE", 6},
    {"ext2", "mke2fs", "mke2fs -q -F -t ext2 -b 1024 -I 128 -d ROOT IMAGE", 6},
    {"FAT12", "mkfs.vfat", "mkfs.vfat -F 12 IMAGE", 4, false},
    {"FAT16", "mkfs.vfat", "mkfs.vfat -F 16 -s 1 IMAGE", 6, false},
    {"FAT32", "mkfs.vfat", "mkfs.vfat -F 32 -s 1 IMAGE", 34, false},
    {"SquashFS", "mksquashfs", "mksquashfs ROOT IMAGE -quiet -no-progress -noappend -comp gzip", 0},
    {"SquashFS of zstd", "mksquashfs",
     "mksquashfs ROOT IMAGE -quiet -no-progress -noappend -comp zstd", 0},
    {"Btrfs", "mkfs.btrfs", "mkfs.btrfs -q --rootdir ROOT IMAGE", 120},
    {"XFS", "mkfs.xfs", "mkfs.xfs -q -f --unsupported -p PROTOTYPE IMAGE", 32, false}};

/// What mkfs.xfs(8) makes files of.
std::string prototype(const std::filesystem::path& root) {
  std::string text = "/none\n0 0\nd--755 0 0\n";
  const auto file = [&](const std::string& name, const char* from) {
    text += name + " ---644 1 2 " + (root / from).string() + "\n";
  };
  file("small", "small");
  file("large", "large");
  text += "link l--777 0 0 small\nnull c--666 0 0 1 3\nnames d--755 0 0\n";
  for (int index = 0; index < 300; ++index)
    file("a-name-that-is-rather-long-" + std::to_string(index), "small");
  return text + "$\ndeep d--755 0 0\n$\n$\n";
}

MemorySource make(const Kind& kind) {
  const ScratchDirectory scratch;
  make_tree(scratch / "root");
  if (kind.has_links) make_links(scratch / "root");
  const std::filesystem::path image = scratch / "image";
  if (kind.mebibytes != 0) {
    std::ofstream(image).close();
    std::filesystem::resize_file(image, std::uintmax_t{kind.mebibytes} << 20U);
  }
  std::ofstream(scratch / "prototype") << prototype(scratch / "root");
  std::vector<std::string> argv;
  for (const std::string& word : base::split_whitespace(kind.command)) {
    argv.push_back(word == "ROOT"        ? (scratch / "root").string()
                   : word == "IMAGE"     ? image.string()
                   : word == "PROTOTYPE" ? (scratch / "prototype").string()
                                         : word);
  }
  const auto done = run_tool(argv);
  INFO(kind.name << ": " << done.output);
  REQUIRE(done.exit_code == 0);
  if (std::string_view(kind.program) == "mkfs.vfat") {
    std::vector<std::string> copy{"mcopy", "-i", image.string(), "-s"};
    for (const char* name : {"deep", "names", "small", "large"})
      copy.push_back((scratch / "root" / name).string());
    copy.emplace_back("::");
    REQUIRE(run_tool(copy).exit_code == 0);
  }
  return MemorySource(image);
}

/// How many files there are, or the code of an error.
std::string answer_of(const MemorySource& source) {
  try {
    const auto files = disk::open_filesystem(source);
    if (!files) return "nothing that is known";
    files->facts();
    int left = k_most_names;
    imagewright_test::read_everything(*files, "", 5, left);
    disk::read_identity(source);
    return std::to_string(k_most_names - left) + " files";
  } catch (const base::Error& error) {
    return error.diagnostic().code;
  }
}

/// XFS says of each of its blocks and inodes whether it is whole: behind a sum that is right again,
/// the damage reaches those who believe what they read.
void seal(std::string& bytes, std::size_t start, std::size_t length, std::size_t sum) {
  if (start + length > bytes.size()) return;
  const auto stretch = std::as_writable_bytes(std::span(bytes)).subspan(start, length);
  base::little_endian::put<std::uint32_t>(stretch, sum, 0);
  base::little_endian::put(stretch, sum, base::crc32c(stretch));
}

void seal_xfs(std::string& bytes, std::size_t place) {
  const std::size_t block = place / k_block * k_block;
  const std::string_view mark(bytes.data() + block, 16);
  if (mark.starts_with("XFSB")) return seal(bytes, block, k_unit, 224);
  if (mark.starts_with("XDB3") || mark.starts_with("XDD3")) return seal(bytes, block, k_block, 4);
  if (mark.starts_with("BMA3")) return seal(bytes, block, k_block, 64);
  if (mark.starts_with("XSLM") || mark.starts_with("XARM")) return seal(bytes, block, k_block, 12);
  const std::size_t inode = place / k_unit * k_unit;
  if (bytes.compare(inode, 2, "IN") == 0) return seal(bytes, inode, k_unit, 100);
  const std::string_view kind = mark.substr(8, 2);
  if (kind == "\x3D\xF1" || kind == "\x3D\xFF" || kind == "\x3E\xBE" || kind == "\x3B\xEE")
    seal(bytes, block, k_block, 12);
}

class Damages {
public:
  explicit Damages(MemorySource& source) : source_(source) {
    for (std::size_t place = 0; place + k_unit <= source.bytes.size(); place += k_unit) {
      const std::string_view unit(source.bytes.data() + place, k_unit);
      if (unit.find_first_not_of('\0') != std::string_view::npos && !is_content(unit))
        used_.push_back(place);
    }
  }

  /// Somewhere in what is stored beside content; gives where, for messages.
  std::string damage() {
    const std::size_t unit = any_unit();
    const std::size_t block = std::min(unit / k_block * k_block, source_.bytes.size() - k_block);
    const unsigned way = random_() % 8;
    if (way == 0) return replace(block, std::string(k_block, '\0'));
    if (way == 1) return replace(block, std::string(k_block, '\xFF'));
    if (way == 2) {
      const std::size_t other = std::min(any_unit(), source_.bytes.size() - k_block);
      return replace(block, source_.bytes.substr(other, k_block));
    }
    const std::size_t place = unit + random_() % k_unit;
    // A bit, a byte, or a whole number that became very large or small.
    if (way < 5) {
      const unsigned changed =
          static_cast<unsigned char>(source_.bytes[place]) ^ 1U << random_() % 8;
      return replace(place, std::string(1, static_cast<char>(changed)));
    }
    if (way == 5) return replace(place, std::string(1, static_cast<char>(random_() % 256)));
    const std::size_t number = std::min(place / 4 * 4, source_.bytes.size() - 4);
    return replace(number, std::string(4, way == 6 ? '\xFF' : static_cast<char>(random_() % 3)));
  }

  void undo() {
    for (const auto& [place, former] : former_)
      source_.bytes.replace(place, former.size(), former);
    former_.clear();
  }

private:
  /// Of the files above: damage of these is no damage of the filesystem.
  static bool is_content(std::string_view unit) {
    return unit.find_first_not_of('l') == std::string_view::npos;
  }

  std::size_t any_unit() { return used_.at(random_() % used_.size()); }

  std::string replace(std::size_t place, const std::string& by) {
    const std::size_t start = place / k_block * k_block;
    former_.emplace_back(start, source_.bytes.substr(start, 2 * k_block));
    source_.bytes.replace(place, by.size(), by);
    if (source_.bytes.starts_with("XFSB") && random_() % 4 != 0) seal_xfs(source_.bytes, place);
    return std::to_string(by.size()) + " bytes at " + std::to_string(place);
  }

  MemorySource& source_;
  std::vector<std::size_t> used_;
  std::vector<std::pair<std::size_t, std::string>> former_;
  std::mt19937 random_{number_of("IMAGEWRIGHT_SEED", 21)};
};

} // namespace

TEST_CASE("a damaged filesystem is an error or a value", "[damage]") {
  const Kind& kind = k_kinds[GENERATE(range<std::size_t>(0, std::size(k_kinds)))];
  if (!has_program(kind.program)) IMAGEWRIGHT_SKIP(std::string(kind.program) + " is not installed");
  MemorySource source = make(kind);
  const std::string whole = answer_of(source);
  INFO(kind.name << ", whole: " << whole);
  REQUIRE(whole.ends_with(" files"));
  Damages damages(source);
  const unsigned wanted = number_of("IMAGEWRIGHT_FLIPS", 60);
  unsigned noticed = 0;
  // A few damages may all lie where nothing is read (the second copies of Btrfs): one has to be
  // seen.
  for (unsigned count = 0; count < wanted || (noticed == 0 && count < 1000); ++count) {
    const std::string what = damages.damage();
    INFO(kind.name << ": " << what);
    const auto start = std::chrono::steady_clock::now();
    const std::string answer = answer_of(source);
    CHECK(std::chrono::steady_clock::now() - start < k_longest);
    if (answer != whole) ++noticed;
    damages.undo();
  }
  CHECK(noticed > 0);
  CHECK(answer_of(source) == whole);
}
