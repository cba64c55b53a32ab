// SPDX-License-Identifier: MIT
// Btrfs as a kernel writes it (data/make-btrfs) and as mkfs.btrfs does: compression, subvolumes,
// holes, and refusals of what is damaged.
#include <cstdint>
#include <fstream>
#include <span>
#include <string>

#include <imagewright_test/scratch.hpp>
#include <imagewright_test/skip.hpp>

#include <catch2/catch.hpp>

#include <imagewright/base/crc32.hpp>
#include <imagewright/base/error.hpp>
#include <imagewright/disk/filesystem_reader.hpp>

#include "disk_fixture.hpp"
#include "filesystem_probe.hpp"
#include "memory_source.hpp"

namespace base = imagewright::base;
namespace disk = imagewright::disk;
namespace fs = imagewright::fs;
using imagewright_test::check_each_change;
using imagewright_test::from_pieces;
using imagewright_test::has_program;
using imagewright_test::MemorySource;
using imagewright_test::run_tool;

namespace {

const base::ByteSize k_limit = base::ByteSize::mib(16);

/// What a kernel wrote, expanded.
class KernelImage {
public:
  KernelImage() {
    const std::filesystem::path packed =
        imagewright_test::source_directory() / "tests/component/disk/data/btrfs.zst";
    const auto made = run_tool({"zstd", "-dq", "--sparse", packed.string(), "-o", path().string()});
    INFO(made.output);
    REQUIRE(made.exit_code == 0);
  }

  std::filesystem::path path() const { return scratch_ / "image"; }

private:
  imagewright_test::ScratchDirectory scratch_;
};

std::string lines() {
  std::string text;
  for (int line = 0; line < 40'000; ++line)
    text += "line " + std::to_string(line) + "\n";
  return text;
}

std::string code_of(const MemorySource& source) {
  try {
    const auto reader = disk::open_filesystem(source);
    if (!reader) return "no filesystem";
    const std::vector<std::string> names = reader->list("/").value();
    for (const std::string& name : names) {
      reader->attributes("/" + name);
      reader->pieces_of("/" + name);
      reader->read("/" + name, k_limit);
      reader->link_target("/" + name);
      reader->list("/" + name);
    }
    return "";
  } catch (const base::Error& error) {
    return error.diagnostic().code;
  }
}

void put_number(std::string& bytes, std::size_t place, std::uint64_t number, std::size_t size) {
  for (std::size_t index = 0; index < size; ++index)
    bytes.at(place + index) = static_cast<char>(number >> (8 * index) & 0xFFU);
}

/// The checksum of a node, or of the superblock.
void seal_block(std::string& bytes, std::size_t place, std::size_t size) {
  const auto all = std::as_bytes(std::span(bytes));
  put_number(bytes, place, base::crc32c(all.subspan(place + 32, size - 32)), 4);
}

/// What mkfs.btrfs makes has nodes of 16 KiB.
void seal_node_around(std::string& bytes, std::size_t inside) {
  const std::string id = bytes.substr(0x10020, 16);
  std::size_t place = inside / 4096 * 4096;
  while (bytes.compare(place + 32, id.size(), id) != 0)
    place -= 4096;
  REQUIRE(inside - place < 16384);
  seal_block(bytes, place, 16384);
}

/// A filesystem whose tree of chunks has one node on each level, which every pointer of the level
/// above means.
class Endless {
public:
  static constexpr std::size_t k_node = 4096;
  static constexpr std::size_t k_header = 101;
  static constexpr std::uint64_t k_first_node = 1U << 20U;
  static constexpr std::uint8_t k_top = 7;

  explicit Endless(bool has_items) {
    const std::size_t pointers = (k_node - k_header) / 33;
    for (std::uint8_t level = 0; level <= k_top; ++level) {
      const std::uint64_t place = k_first_node + level * k_node;
      put(place + 48, place, 8);
      put(place + 100, level, 1);
      put(place + 96, level > 0 ? pointers : has_items ? 1 : 0, 4);
      // Of an object before any that is looked for.
      if (level == 0) put_key(place + k_header, 1, 1, 0);
      for (std::size_t index = 0; level > 0 && index < pointers; ++index) {
        put_key(place + k_header + index * 33, 256, 228, index);
        put(place + k_header + index * 33 + 17, place - k_node, 8);
      }
      seal_block(bytes_, place, k_node);
    }
    put_superblock();
  }

  MemorySource source() const { return MemorySource(bytes_); }

private:
  void put(std::size_t place, std::uint64_t number, std::size_t size) {
    put_number(bytes_, place, number, size);
  }

  void put_key(std::size_t place, std::uint64_t object, std::uint8_t type, std::uint64_t offset) {
    put(place, object, 8);
    put(place + 8, type, 1);
    put(place + 9, offset, 8);
  }

  void put_superblock() {
    constexpr std::size_t super = 0x10000;
    bytes_.replace(super + 0x40, 8, "_BHRfS_M");
    const std::uint64_t top = k_first_node + k_top * k_node;
    put(super + 0x50, top, 8);
    put(super + 0x58, top, 8);
    put(super + 0x70, bytes_.size(), 8);
    put(super + 0x88, 1, 8);
    put(super + 0x90, k_node, 4);
    put(super + 0x94, k_node, 4);
    put(super + 0xC6, k_top, 1);
    put(super + 0xC7, k_top, 1);
    // Logical addresses are those of the device.
    constexpr std::size_t chunk = super + 0x32B;
    put(super + 0xA0, 17 + 48 + 32, 4);
    put_key(chunk, 256, 228, k_first_node);
    put(chunk + 17, bytes_.size() - k_first_node, 8);
    put(chunk + 17 + 44, 1, 2);
    put(chunk + 17 + 48 + 8, k_first_node, 8);
    seal_block(bytes_, super, k_node);
  }

  std::string bytes_ = std::string(2U << 20U, '\0');
};

} // namespace

TEST_CASE("Btrfs that a kernel wrote reads back") {
  if (!has_program("zstd")) IMAGEWRIGHT_SKIP("zstd is not installed");
  const KernelImage image;
  const MemorySource source(image.path());
  const auto reader = disk::open_filesystem(source);
  REQUIRE(reader);
  const disk::FilesystemFacts facts = reader->facts();
  CHECK(facts.type == "btrfs");
  CHECK(facts.uuid == "6d6f6e65-7920-4c6f-6769-63616c000002");
  CHECK(facts.label == "of a kernel");
  CHECK(facts.size == base::ByteSize::mib(112));
  // The default subvolume is the root, and what stands beside it is not in it.
  CHECK_FALSE(reader->find("/top"));
  CHECK(reader->read("/usr/lib/os-release", k_limit) == "ID=test\n");
  CHECK(reader->resolve("/etc/os-release") == "/usr/lib/os-release");
  const auto file = reader->find("/usr/lib/os-release");
  REQUIRE(file);
  CHECK(file->owner == 100'000);
  CHECK(file->group == 7);
  CHECK(file->permissions == 0640);
  for (const char* name : {"/plain", "/zlib", "/zstd"}) {
    INFO(name);
    CHECK(reader->read(name, k_limit) == lines());
    CHECK(from_pieces(*reader, source, name) == lines());
  }
  CHECK(reader->find("/plain")->permissions == 04755);
  CHECK(reader->read("/inline", k_limit) == "short\n");
  CHECK(reader->read("/inline-zlib", k_limit)->size() == 87);
  CHECK(from_pieces(*reader, source, "/inline-zlib") == reader->read("/inline-zlib", k_limit));
  CHECK(reader->read("/sparse", k_limit) == std::string(3U << 20U, '\0') + "end");
  CHECK(reader->pieces_of("/sparse").size() == 1);
  CHECK(reader->read("/reserved", k_limit) == "begin" + std::string((1U << 20U) - 5, '\0'));
  CHECK(reader->find("/null")->device == imagewright::tree::DeviceNumber{1, 3});
  CHECK(reader->find("/disk")->device == imagewright::tree::DeviceNumber{259, 70'000});
  CHECK(reader->find("/pipe")->type == fs::FileType::fifo);
  CHECK(reader->find("/linked")->inode == reader->find("/second")->inode);
  CHECK(reader->find("/linked")->name_count == 2);
  CHECK(reader->list("/many")->size() == 2000);
  CHECK(reader->find("/many/a-name-that-is-rather-long-1234"));
  CHECK(reader->list("/empty")->empty());
  CHECK(reader->find("/inline")->modified == base::Epoch(std::chrono::seconds(1'000'000'000)));
  CHECK(reader->find("/inline")->modified_nanoseconds == 123'456'789);
}

TEST_CASE("Btrfs gives attributes, and subvolumes below the root") {
  if (!has_program("zstd")) IMAGEWRIGHT_SKIP("zstd is not installed");
  const KernelImage image;
  const MemorySource source(image.path());
  const auto reader = disk::open_filesystem(source);
  REQUIRE(reader);
  using Attributes = std::vector<imagewright::tree::ExtendedAttribute>;
  CHECK(reader->attributes("/inline") ==
        Attributes{{"user.large", std::string(3000, 'v')}, {"user.note", "seen"}});
  const Attributes capability = reader->attributes("/linked");
  REQUIRE(capability.size() == 1);
  CHECK(capability.front().name == "security.capability");
  CHECK(reader->read("/below/file", k_limit) == "below\n");
  // Numbers of inodes count in their own subvolume.
  CHECK(reader->find("/below")->inode != reader->find("/")->inode);
}

TEST_CASE("subvolumes of Btrfs stand where they are mounted") {
  if (!has_program("zstd")) IMAGEWRIGHT_SKIP("zstd is not installed");
  const KernelImage image;
  const MemorySource source(image.path());
  const auto plain = disk::open_filesystem(source);
  REQUIRE(plain);
  CHECK(plain->subvolumes() == std::vector<std::string>{"copy", "root"});
  using Mounts = std::vector<disk::SubvolumeMount>;
  // The top, which no mount without a name shows; what is mounted elsewhere is not below it.
  const auto top = disk::open_subvolumes(source, Mounts{{"/", ""}, {"/elsewhere", "copy"}});
  REQUIRE(top);
  CHECK(top->read("/top", k_limit) == "ID=top\n");
  CHECK(top->list("/") == std::vector<std::string>{"elsewhere", "root", "top"});
  CHECK(top->read("/elsewhere/inline", k_limit) == "short\n");
  CHECK(top->read("/root/below/file", k_limit) == "below\n");
  // By number; what the directory under a mount holds is hidden, and links lead to where it is.
  const auto mounted =
      disk::open_subvolumes(source, Mounts{{"/many", "root/below"}, {"/", std::nullopt}});
  REQUIRE(mounted);
  CHECK(mounted->list("/many") == std::vector<std::string>{"file"});
  CHECK_FALSE(mounted->find("/below"));
  CHECK(mounted->read("/usr/lib/os-release", k_limit) == "ID=test\n");
  const auto numbered = disk::open_subvolumes(source, Mounts{{"/", "#5"}});
  REQUIRE(numbered);
  CHECK(numbered->find("/top"));
  // A snapshot has a directory where what it was made of has a subvolume.
  const auto copy = disk::open_subvolumes(source, Mounts{{"/", "copy"}});
  REQUIRE(copy);
  CHECK(copy->read("/plain", k_limit) == lines());
  CHECK_FALSE(copy->find("/below/file"));
  for (const Mounts& wrong :
       {Mounts{{"/", "none"}}, Mounts{{"/", "#99999"}}, Mounts{{"/", "#"}}, Mounts{{"/", "top"}},
        Mounts{{"/", "root/many"}}, Mounts{{"/", "root"}, {"/none/below", "copy"}},
        Mounts{{"/", "root"}, {"/plain/below", "copy"}}})
    CHECK_FALSE(disk::open_subvolumes(source, wrong));
}

TEST_CASE("a changed byte in the metadata of Btrfs is an error or another copy") {
  if (!has_program("zstd")) IMAGEWRIGHT_SKIP("zstd is not installed");
  const KernelImage image;
  MemorySource source(image.path());
  REQUIRE(code_of(source).empty());
  check_each_change(source, 0x10000, 4096, 61, &code_of);
  MemorySource cut(source.bytes.substr(0, source.bytes.size() / 2));
  CHECK(code_of(cut) == "disk.corrupt-filesystem");
}

TEST_CASE("a tree of Btrfs that has one node any number of times is an error at once") {
  const bool has_items = GENERATE(false, true);
  CHECK(code_of(Endless(has_items).source()) == "disk.corrupt-filesystem");
}

TEST_CASE("a name of Btrfs that leads elsewhere is an error") {
  if (!has_program("mkfs.btrfs")) IMAGEWRIGHT_SKIP("mkfs.btrfs is not installed");
  const imagewright_test::ScratchDirectory scratch;
  std::filesystem::create_directories(scratch / "tree");
  std::ofstream(scratch / "tree/climbs-down-here") << "x";
  std::ofstream(scratch / "image").close();
  std::filesystem::resize_file(scratch / "image", 128U << 20U);
  const auto made = run_tool({"mkfs.btrfs", "-q", "-m", "single", "-b", "128M", "--rootdir",
                              (scratch / "tree").string(), (scratch / "image").string()});
  INFO(made.output);
  REQUIRE(made.exit_code == 0);
  MemorySource source(scratch / "image");
  REQUIRE(code_of(source).empty());
  const std::string name = "climbs-down-here";
  for (const std::string& evil : {std::string("../../../etc/now"), std::string("climbs/down-here"),
                                  std::string("climbs\0down-here", name.size())}) {
    MemorySource changed(source.bytes);
    for (std::size_t place = changed.bytes.find(name); place != std::string::npos;
         place = changed.bytes.find(name, place + 1)) {
      changed.bytes.replace(place, name.size(), evil);
      seal_node_around(changed.bytes, place);
    }
    CHECK(code_of(changed) == "disk.corrupt-filesystem");
  }
}

TEST_CASE("content of Btrfs that is not what its checksum says is an error") {
  if (!has_program("zstd")) IMAGEWRIGHT_SKIP("zstd is not installed");
  const KernelImage image;
  MemorySource source(image.path());
  const auto place = source.bytes.find("line 20000\nline 20001\n");
  REQUIRE(place != std::string::npos);
  source.bytes[place] = 'L';
  const auto reader = disk::open_filesystem(source);
  REQUIRE(reader);
  CHECK_THROWS_AS(reader->read("/plain", k_limit), base::Error);
  CHECK(reader->read("/zstd", k_limit) == lines());
}

TEST_CASE("Btrfs of mkfs.btrfs reads back") {
  if (!has_program("mkfs.btrfs")) IMAGEWRIGHT_SKIP("mkfs.btrfs is not installed");
  const imagewright_test::ScratchDirectory scratch;
  std::filesystem::create_directories(scratch / "tree/etc");
  std::ofstream(scratch / "tree/etc/fstab") << "# nothing\n";
  std::ofstream(scratch / "tree/large") << lines();
  const std::vector<std::string> options =
      GENERATE(std::vector<std::string>{}, std::vector<std::string>{"-m", "single"},
               std::vector<std::string>{"-n", "4096"}, std::vector<std::string>{"-M"});
  std::vector<std::string> argv{"mkfs.btrfs", "-q",        "-b",
                                "128M",       "--rootdir", (scratch / "tree").string()};
  argv.insert(argv.end(), options.begin(), options.end());
  argv.push_back((scratch / "image").string());
  std::ofstream(scratch / "image").close();
  std::filesystem::resize_file(scratch / "image", 128U << 20U);
  const auto made = run_tool(argv);
  INFO(made.output);
  REQUIRE(made.exit_code == 0);
  const MemorySource source(scratch / "image");
  const auto reader = disk::open_filesystem(source);
  REQUIRE(reader);
  CHECK(reader->read("/large", k_limit) == lines());
  CHECK(from_pieces(*reader, source, "/large") == lines());
  CHECK(reader->list("/etc") == std::vector<std::string>{"fstab"});
}

TEST_CASE("Btrfs with checksums that are not known here is refused by their name") {
  if (!has_program("mkfs.btrfs")) IMAGEWRIGHT_SKIP("mkfs.btrfs is not installed");
  const imagewright_test::ScratchDirectory scratch;
  std::ofstream(scratch / "image").close();
  std::filesystem::resize_file(scratch / "image", 128U << 20U);
  REQUIRE(
      run_tool({"mkfs.btrfs", "-q", "--csum", "sha256", (scratch / "image").string()}).exit_code ==
      0);
  CHECK(code_of(MemorySource(scratch / "image")) == "disk.feature-unsupported");
}
