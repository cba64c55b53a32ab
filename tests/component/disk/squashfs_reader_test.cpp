// SPDX-License-Identifier: MIT
// SquashFS as mksquashfs writes it, in each compression: every kind of file, ends of files that
// stand together, and refusals of what is damaged.
#include <cstdint>
#include <cstring>
#include <fstream>
#include <random>

#include <imagewright_test/scratch.hpp>
#include <imagewright_test/skip.hpp>
#include <sys/xattr.h>

#include <catch2/catch.hpp>

#include <imagewright/base/error.hpp>
#include <imagewright/disk/filesystem_reader.hpp>

#include "disk_fixture.hpp"
#include "filesystem_probe.hpp"
#include "memory_source.hpp"

namespace base = imagewright::base;
namespace disk = imagewright::disk;
namespace fs = imagewright::fs;
using imagewright_test::from_pieces;
using imagewright_test::has_program;
using imagewright_test::MemorySource;
using imagewright_test::number_of;
using imagewright_test::run_tool;

namespace {

const base::ByteSize k_limit = base::ByteSize::mib(16);
constexpr std::size_t k_block = std::size_t{128} << 10U;
constexpr std::size_t k_hole = std::size_t{5} << 20U;

std::string lines(int count) {
  std::string text;
  for (int line = 0; line < count; ++line)
    text += "line " + std::to_string(line) + "\n";
  return text;
}

/// Nothing compresses it.
std::string noise(std::size_t size) {
  std::mt19937 random(21);
  std::string bytes(size, '\0');
  for (char& byte : bytes)
    byte = static_cast<char>(random());
  return bytes;
}

class SquashfsFixture {
public:
  SquashfsFixture() {
    std::filesystem::create_directories(tree("many"));
    std::filesystem::create_directories(tree("usr/lib"));
    std::filesystem::create_directories(tree("empty"));
    write("usr/lib/os-release", "ID=test\n");
    write("none", "");
    write("whole", std::string(2 * k_block, 'w'));
    write("large", lines(100'000));
    write("noise", noise(3 * k_block + 100));
    write("sparse", std::string(k_hole, '\0') + "end");
    for (int number = 0; number < 2000; ++number)
      write("many/a-name-that-is-rather-long-" + std::to_string(number), std::to_string(number));
    std::filesystem::create_symlink("usr/lib/os-release", tree("link"));
    std::filesystem::create_hard_link(tree("large"), tree("second"));
    write("noted", "noted\n");
    has_attributes = ::setxattr(tree("noted").c_str(), "user.note", "seen", 4, 0) == 0 &&
                     ::setxattr(tree("noted").c_str(), "user.large", std::string(3000, 'v').c_str(),
                                3000, 0) == 0;
  }

  std::filesystem::path tree(const std::string& name) const { return scratch_ / "tree" / name; }

  std::string made(const std::vector<std::string>& options) const {
    std::vector<std::string> argv{"mksquashfs",
                                  tree("").string(),
                                  image().string(),
                                  "-noappend",
                                  "-no-progress",
                                  "-quiet",
                                  "-mkfs-time",
                                  "0",
                                  "-p",
                                  "null c 640 12 34 1 3",
                                  "-p",
                                  "disk b 600 0 0 259 70000",
                                  "-p",
                                  "pipe i 644 0 0 f"};
    argv.insert(argv.end(), options.begin(), options.end());
    const auto run = run_tool(argv);
    INFO(run.output);
    REQUIRE(run.exit_code == 0);
    return imagewright_test::read_text(image());
  }

  bool has_attributes = false;

private:
  std::filesystem::path image() const { return scratch_ / "image"; }
  void write(const std::string& name, const std::string& content) const {
    std::ofstream(tree(name), std::ios::binary) << content;
  }

  imagewright_test::ScratchDirectory scratch_;
};

/// Everything that the walk of an image asks for.
void walk(const disk::FilesystemReader& reader, const std::string& directory, int depth) {
  const auto names = reader.list(directory);
  if (!names || depth == 0) return;
  for (const std::string& name : *names) {
    const std::string path = directory + "/" + name;
    reader.attributes(path);
    reader.link_target(path);
    reader.pieces_of(path);
    walk(reader, path, depth - 1);
  }
}

std::string code_of(const MemorySource& source) {
  try {
    const auto reader = disk::open_filesystem(source);
    if (!reader) return "no filesystem";
    walk(*reader, "", 4);
    return "";
  } catch (const base::Error& error) {
    return error.diagnostic().code;
  }
}

} // namespace

TEST_CASE("SquashFS of mksquashfs reads back") {
  if (!has_program("mksquashfs")) IMAGEWRIGHT_SKIP("mksquashfs is not installed");
  const SquashfsFixture fixture;
  const std::vector<std::string> options = GENERATE(
      std::vector<std::string>{"-comp", "gzip"}, std::vector<std::string>{"-comp", "zstd"},
      std::vector<std::string>{"-comp", "xz"},
      std::vector<std::string>{"-comp", "xz", "-Xbcj", "x86"},
      std::vector<std::string>{"-noI", "-noD", "-noF", "-noX"},
      std::vector<std::string>{"-no-fragments"}, std::vector<std::string>{"-always-use-fragments"},
      std::vector<std::string>{"-b", "4096"}, std::vector<std::string>{"-b", "1M"});
  INFO(options.back());
  const MemorySource source(fixture.made(options));
  const auto reader = disk::open_filesystem(source);
  REQUIRE(reader);
  CHECK(reader->facts().type == "squashfs");
  CHECK(reader->facts().size.bytes() == source.bytes.size());
  CHECK(reader->list("/") == std::vector<std::string>{"disk", "empty", "large", "link", "many",
                                                      "noise", "none", "noted", "null", "pipe",
                                                      "second", "sparse", "usr", "whole"});
  CHECK(reader->list("/empty")->empty());
  CHECK(reader->list("/many")->size() == 2000);
  CHECK_FALSE(reader->list("/large"));
  CHECK_FALSE(reader->find("/none/below"));
  CHECK_FALSE(reader->find("/many/missing"));
  CHECK(reader->resolve("/link") == "/usr/lib/os-release");
  for (const auto& [name, content] : std::vector<std::pair<std::string, std::string>>{
           {"/usr/lib/os-release", "ID=test\n"},
           {"/none", ""},
           {"/whole", std::string(2 * k_block, 'w')},
           {"/large", lines(100'000)},
           {"/noise", noise(3 * k_block + 100)},
           {"/sparse", std::string(k_hole, '\0') + "end"},
           {"/many/a-name-that-is-rather-long-1999", "1999"}}) {
    INFO(name);
    CHECK(reader->read(name, k_limit) == content);
    CHECK(from_pieces(*reader, source, name) == content);
  }
  // Holes are none of the pieces.
  CHECK(reader->pieces_of("/sparse").front().offset >= k_hole);
  CHECK_THROWS_AS(reader->read("/large", base::ByteSize(10)), base::Error);
  CHECK(reader->find("/null")->device == imagewright::tree::DeviceNumber{1, 3});
  CHECK(reader->find("/null")->permissions == 0640);
  CHECK(reader->find("/null")->owner == 12);
  CHECK(reader->find("/null")->group == 34);
  CHECK(reader->find("/disk")->type == fs::FileType::block_device);
  CHECK(reader->find("/disk")->device == imagewright::tree::DeviceNumber{259, 70'000});
  CHECK(reader->find("/pipe")->type == fs::FileType::fifo);
  CHECK(reader->find("/large")->inode == reader->find("/second")->inode);
  CHECK(reader->find("/large")->name_count == 2);
  CHECK(reader->attributes("/large").empty());
  if (fixture.has_attributes) {
    using Attributes = std::vector<imagewright::tree::ExtendedAttribute>;
    CHECK(reader->attributes("/noted") ==
          Attributes{{"user.large", std::string(3000, 'v')}, {"user.note", "seen"}});
  }
}

TEST_CASE("SquashFS that is compressed in a way that is not known here is refused by its name") {
  if (!has_program("mksquashfs")) IMAGEWRIGHT_SKIP("mksquashfs is not installed");
  const SquashfsFixture fixture;
  const char* kind = GENERATE("lzo", "lz4");
  CHECK(code_of(MemorySource(fixture.made({"-comp", kind}))) == "disk.feature-unsupported");
}

TEST_CASE("a changed byte of SquashFS is an error or a value") {
  if (!has_program("mksquashfs")) IMAGEWRIGHT_SKIP("mksquashfs is not installed");
  const SquashfsFixture fixture;
  const bool is_plain = GENERATE(false, true);
  MemorySource source(is_plain ? fixture.made({"-noI", "-noD", "-noF", "-noX", "-b", "1M"})
                               : fixture.made({"-comp", "zstd", "-b", "1M"}));
  REQUIRE(code_of(source).empty());
  std::mt19937 random(21);
  std::size_t damaged = 0;
  const auto flip = [&](std::size_t place) {
    char& byte = source.bytes.at(place);
    const char before = byte;
    byte = static_cast<char>(byte ^ (1 << random() % 8));
    if (!code_of(source).empty()) ++damaged;
    byte = before;
  };
  for (std::size_t place = 0; place < 96; ++place)
    flip(place);
  // The tables are at the end.
  const std::size_t tables = std::min<std::size_t>(source.bytes.size() - 96, 40'000);
  for (unsigned count = 5 * number_of("IMAGEWRIGHT_FLIPS", 60); count > 0; --count)
    flip(source.bytes.size() - 1 - random() % tables);
  CHECK(damaged > 20);
  // Behind what it says it uses (bytes_used of the superblock) it is only padded.
  std::uint64_t used = 0;
  std::memcpy(&used, source.bytes.data() + 40, sizeof used);
  for (const std::size_t size : {std::size_t{4096}, source.bytes.size() / 2, std::size_t{used - 1}})
    CHECK(code_of(MemorySource(source.bytes.substr(0, size))) == "disk.corrupt-filesystem");
}
