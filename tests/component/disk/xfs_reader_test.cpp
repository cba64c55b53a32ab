// SPDX-License-Identifier: MIT
// XFS as mkfs.xfs and xfs_db write it: every form of directory and of attributes, and refusals of
// what is damaged or was not unmounted.
#include <fstream>

#include <imagewright_test/scratch.hpp>
#include <imagewright_test/skip.hpp>

#include <catch2/catch.hpp>

#include <imagewright/base/error.hpp>
#include <imagewright/disk/filesystem_reader.hpp>

#include "disk_fixture.hpp"
#include "filesystem_probe.hpp"
#include "memory_source.hpp"

namespace base = imagewright::base;
namespace disk = imagewright::disk;
namespace fs = imagewright::fs;
using imagewright_test::check_each_change;
using imagewright_test::has_program;
using imagewright_test::MemorySource;
using imagewright_test::run_tool;

namespace {

const base::ByteSize k_limit = base::ByteSize::mib(16);
constexpr const char* k_uuid = "6d6f6e65-7920-4c6f-6769-63616c000001";

/// A filesystem of 128 MiB, which mkfs.xfs makes only when it is told that this is no mistake, and
/// what is in it.
class XfsFixture {
public:
  explicit XfsFixture(const std::vector<std::string>& options = {}) {
    write("small", "ID=test\n");
    write("large", large);
    std::ofstream(path("tree")) << "/none\n0 0\nd--755 0 0\n" << tree();
    std::vector<std::string> argv = {
        "mkfs.xfs", "-q", "--unsupported", "-L", "data", "-m", std::string("uuid=") + k_uuid};
    argv.insert(argv.end(), options.begin(), options.end());
    argv.insert(argv.end(),
                {"-d", "size=128m,file=1,name=" + image().string(), "-p", path("tree").string()});
    const auto made = run_tool(argv);
    INFO(made.output);
    REQUIRE(made.exit_code == 0);
  }

  std::filesystem::path path(const std::string& name) const { return scratch_ / name; }
  std::filesystem::path image() const { return path("image"); }

  /// Adds an attribute whose value is so many letters "v".
  void attribute(const std::string& file, const std::string& kind, const std::string& name,
                 std::size_t length) const {
    const auto added = run_tool(
        {"xfs_db", "-x", "-c", "path " + file, "-c",
         "attr_set " + kind + " -n " + name + " -v " + std::to_string(length), image().string()});
    INFO(added.output);
    REQUIRE(added.exit_code == 0);
  }

  const std::string large = std::string(3'000'000, 'd') + "end";

private:
  void write(const std::string& name, const std::string& content) const {
    std::ofstream(path(name), std::ios::binary) << content;
  }

  std::string tree() const {
    const std::string small = path("small").string();
    std::string text = "etc d--755 0 0\nos-release ---640 100000 7 " + small + "\n$\n";
    text += "large -u-755 0 0 " + path("large").string() + "\nempty ---600 1 1 /dev/null\n";
    text += "null c--666 0 0 1 3\ndisk b--660 0 6 259 70000\npipe p--600 0 0\n";
    text += "link l--777 0 0 etc/os-release\nloop l--777 0 0 loop\n";
    // Names that fit into an inode, into a block, into blocks with an index of one block and more.
    text += "few d--755 0 0\nname ---644 0 0 " + small + "\n$\n";
    for (const int count : {30, 300, 3000}) {
      text += "names-" + std::to_string(count) + " d--755 0 0\n";
      for (int index = 0; index < count; ++index)
        text +=
            "a-name-that-is-rather-long-" + std::to_string(index) + " ---644 0 0 " + small + "\n";
      text += "$\n";
    }
    return text + "$\n";
  }

  imagewright_test::ScratchDirectory scratch_;
};

bool has_tools() {
  return has_program("mkfs.xfs") && has_program("xfs_db");
}

std::string code_of(const MemorySource& source) {
  try {
    const auto reader = disk::open_filesystem(source);
    if (!reader) return "no filesystem";
    const std::vector<std::string> names = reader->list("/").value();
    for (const std::string& name : names) {
      reader->attributes("/" + name);
      reader->pieces_of("/" + name);
      reader->link_target("/" + name);
      reader->list("/" + name);
    }
    return "";
  } catch (const base::Error& error) {
    return error.diagnostic().code;
  }
}

void check_files(const disk::FilesystemReader& reader, const XfsFixture& fixture) {
  CHECK(reader.read("/etc/os-release", k_limit) == "ID=test\n");
  CHECK(reader.read("/large", k_limit) == fixture.large);
  CHECK(reader.read("/empty", k_limit) == "");
  CHECK_THROWS_AS(reader.read("/large", base::ByteSize::mib(1)), base::Error);
  const auto file = reader.find("/etc/os-release");
  REQUIRE(file);
  CHECK(file->owner == 100'000);
  CHECK(file->group == 7);
  CHECK(file->permissions == 0640);
  CHECK(file->name_count == 1);
  CHECK(file->modified > base::Epoch(std::chrono::seconds(1'600'000'000)));
  CHECK(reader.find("/large")->permissions == 04755);
  CHECK(reader.find("/null")->device == imagewright::tree::DeviceNumber{1, 3});
  CHECK(reader.find("/disk")->device == imagewright::tree::DeviceNumber{259, 70'000});
  CHECK(reader.find("/pipe")->type == fs::FileType::fifo);
  CHECK(reader.link_target("/link") == "etc/os-release");
  CHECK(reader.resolve("/link") == "/etc/os-release");
  CHECK_FALSE(reader.resolve("/loop"));
  CHECK_FALSE(reader.find("/absent"));
  CHECK_FALSE(reader.find("/large/below"));
  CHECK_FALSE(reader.list("/large"));
}

void check_directories(const disk::FilesystemReader& reader) {
  CHECK(reader.list("/few") == std::vector<std::string>{"name"});
  CHECK(reader.list("/")->size() == 12);
  for (const int count : {30, 300, 3000}) {
    const std::string directory = "/names-" + std::to_string(count);
    CHECK(reader.list(directory)->size() == static_cast<std::size_t>(count));
    for (int index = 0; index < count; ++index) {
      const auto found =
          reader.find(directory + "/a-name-that-is-rather-long-" + std::to_string(index));
      REQUIRE(found);
      CHECK(found->size == 8);
    }
  }
}

} // namespace

TEST_CASE("XFS reads back, whatever the size of its blocks") {
  if (!has_tools()) IMAGEWRIGHT_SKIP("mkfs.xfs or xfs_db is not installed");
  const std::vector<std::string> options =
      GENERATE(std::vector<std::string>{}, std::vector<std::string>{"-b", "size=1024"},
               std::vector<std::string>{"-n", "size=16384", "-i", "size=1024"},
               std::vector<std::string>{"-m", "bigtime=0,inobtcount=0", "-i", "sparse=0,nrext64=0"},
               std::vector<std::string>{"-i", "nrext64=1", "-s", "size=4096"});
  const XfsFixture fixture(options);
  const MemorySource source(fixture.image());
  const auto reader = disk::open_filesystem(source);
  REQUIRE(reader);
  const disk::FilesystemFacts facts = reader->facts();
  CHECK(facts.type == "xfs");
  CHECK(facts.uuid == k_uuid);
  CHECK(facts.label == "data");
  CHECK(facts.size == base::ByteSize::mib(128));
  CHECK(facts.used < base::ByteSize::mib(96));
  CHECK(facts.state == disk::FilesystemState::clean);
  check_files(*reader, fixture);
  check_directories(*reader);
}

TEST_CASE("XFS gives attributes from inodes, leaves, trees and blocks of their own") {
  if (!has_tools()) IMAGEWRIGHT_SKIP("mkfs.xfs or xfs_db is not installed");
  const XfsFixture fixture;
  fixture.attribute("/etc/os-release", "-s", "selinux", 20);
  fixture.attribute("/etc/os-release", "-u", "one", 3);
  fixture.attribute("/large", "-r", "large", 60'000);
  fixture.attribute("/large", "-u", "small", 1);
  for (int index = 0; index < 60; ++index)
    fixture.attribute("/empty", "-u", "number-" + std::to_string(100 + index), 200);
  const MemorySource source(fixture.image());
  const auto reader = disk::open_filesystem(source);
  REQUIRE(reader);
  using Attributes = std::vector<imagewright::tree::ExtendedAttribute>;
  CHECK(reader->attributes("/few").empty());
  CHECK(reader->attributes("/etc/os-release") ==
        Attributes{{"security.selinux", std::string(20, 'v')}, {"user.one", "vvv"}});
  CHECK(reader->attributes("/large") ==
        Attributes{{"trusted.large", std::string(60'000, 'v')}, {"user.small", "v"}});
  const Attributes many = reader->attributes("/empty");
  REQUIRE(many.size() == 60);
  for (int index = 0; index < 60; ++index)
    CHECK(many.at(static_cast<std::size_t>(index)) ==
          imagewright::tree::ExtendedAttribute{"user.number-" + std::to_string(100 + index),
                                               std::string(200, 'v')});
}

TEST_CASE("XFS gives short attributes that end where their leaf ends") {
  if (!has_tools()) IMAGEWRIGHT_SKIP("mkfs.xfs or xfs_db is not installed");
  const XfsFixture fixture;
  // What is set first is the last in its leaf, and fills it to the last byte when its length is a
  // multiple of four: 3 bytes, a name and a value.
  const std::size_t value = GENERATE(std::size_t{1}, std::size_t{4}, std::size_t{5});
  fixture.attribute("/empty", "-u", "a", value);
  for (const char* name : {"fill-1", "fill-2", "fill-3"})
    fixture.attribute("/empty", "-u", name, 200);
  const MemorySource source(fixture.image());
  REQUIRE(source.bytes.find("\x3b\xee") != std::string::npos);
  const auto reader = disk::open_filesystem(source);
  REQUIRE(reader);
  const auto attributes = reader->attributes("/empty");
  REQUIRE(attributes.size() == 4);
  CHECK(attributes.front() ==
        imagewright::tree::ExtendedAttribute{"user.a", std::string(value, 'v')});
  CHECK(attributes.back().value.size() == 200);
}

TEST_CASE("an XFS filesystem that was not unmounted is refused") {
  if (!has_tools()) IMAGEWRIGHT_SKIP("mkfs.xfs or xfs_db is not installed");
  const XfsFixture fixture;
  MemorySource source(fixture.image());
  CHECK(code_of(source).empty());
  // The operation behind the last header is one that unmounts no longer.
  const std::string header("\xfe\xed\xba\xbe", 4);
  std::size_t place = source.bytes.find(header);
  REQUIRE(place != std::string::npos);
  for (; place != std::string::npos; place = source.bytes.find(header, place + 512))
    source.bytes[place + 512 + 9] = 0;
  CHECK(code_of(source) == "disk.journal-unsupported");
}

TEST_CASE("XFS of version 4, and cut off, is told from what can be read") {
  if (!has_tools()) IMAGEWRIGHT_SKIP("mkfs.xfs or xfs_db is not installed");
  const XfsFixture older({"-m", "crc=0"});
  CHECK(code_of(MemorySource(older.image())) == "no filesystem");
  const XfsFixture fixture;
  MemorySource cut(fixture.image());
  cut.bytes.resize(cut.bytes.size() / 2);
  CHECK(code_of(cut) == "disk.corrupt-filesystem");
}

TEST_CASE("a changed byte in the metadata of XFS is an error") {
  if (!has_tools()) IMAGEWRIGHT_SKIP("mkfs.xfs or xfs_db is not installed");
  const XfsFixture fixture;
  fixture.attribute("/large", "-u", "large", 5'000);
  MemorySource source(fixture.image());
  REQUIRE(code_of(source).empty());
  check_each_change(source, 0, 264, 1, &code_of);
  // The root's inode, a block of names, a block of attributes, the value of one: each is found by
  // its mark.
  for (const char* mark : {"IN\x41\xed", "XDB3", "XDD3", "XARM"}) {
    const std::size_t place = source.bytes.find(mark, 4096);
    REQUIRE(place != std::string::npos);
    check_each_change(source, place, 512, 7, &code_of);
  }
}
