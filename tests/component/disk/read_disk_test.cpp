// SPDX-License-Identifier: MIT
// Reading back what was written, and refusing what is damaged.
#include <fstream>

#include <imagewright_test/skip.hpp>
#include <sys/stat.h>

#include <catch2/catch.hpp>

#include <imagewright/base/error.hpp>
#include <imagewright/disk/filesystem_reader.hpp>
#include <imagewright/disk/partition_table.hpp>

#include "disk_fixture.hpp"
#include "memory_source.hpp"

namespace base = imagewright::base;
namespace disk = imagewright::disk;
namespace fs = imagewright::fs;
using imagewright_test::DiskFixture;
using imagewright_test::has_program;
using imagewright_test::MemorySource;
using imagewright_test::run_tool;

namespace {

const base::ByteSize k_limit = base::ByteSize::mib(16);

void populate(const DiskFixture& fixture) {
  fixture.file("/etc/os-release", "ID=test\n");
  fixture.file("/usr/lib/data", std::string(3'000'000, 'd'));
  fixture.file("/boot/efi/EFI/BOOT/grub.cfg", "menu\n");
  fixture.file("/boot/efi/EFI/BOOT/a longer name.txt", std::string(5000, 'l'));
  for (int index = 0; index < 500; ++index) {
    fixture.file("/srv/a-name-that-is-rather-long-" + std::to_string(index), std::to_string(index));
  }
  std::filesystem::create_symlink("usr/lib", fixture.root() / "lib");
  std::filesystem::create_symlink("/lib/data", fixture.root() / "absolute");
  std::filesystem::create_symlink(std::string(200, 'x'), fixture.root() / "slow");
  std::filesystem::create_symlink("loop", fixture.root() / "loop");
  chmod((fixture.root() / "etc/os-release").c_str(), 0640);
}

} // namespace

TEST_CASE("the partition table reads back as it was laid out") {
  const DiskFixture fixture;
  fixture.write(fixture.path("raw"));
  const MemorySource source(fixture.path("raw"));
  const auto table = disk::read_partition_table(source);
  CHECK(table.disk_uuid == fixture.layout.uuid);
  REQUIRE(table.partitions.size() == fixture.layout.partitions.size());
  for (std::size_t index = 0; index < table.partitions.size(); ++index) {
    const auto& expected = fixture.layout.partitions[index];
    const auto& found = table.partitions[index];
    CHECK(found.number == index + 1);
    CHECK(found.uuid == expected.uuid);
    CHECK(found.type == expected.type);
    CHECK(found.label == expected.label);
    CHECK(found.start == expected.start);
    CHECK(found.size == expected.size);
  }
}

TEST_CASE("the backup table serves when the first one is damaged, and none is an error") {
  const DiskFixture fixture;
  fixture.write(fixture.path("raw"));
  MemorySource source(fixture.path("raw"));
  const auto before = disk::read_partition_table(source);
  source.bytes[512 + 20] = 'x';
  const auto backup = disk::read_partition_table(source);
  CHECK(backup.partitions == before.partitions);
  CHECK(backup.disk_uuid == before.disk_uuid);
  CHECK_FALSE(backup.complaint.empty());
  source.bytes[source.bytes.size() - 512] = 'x';
  CHECK_THROWS_AS(disk::read_partition_table(source), base::Error);
}

TEST_CASE("damaged entries are refused, unless the backup has them whole") {
  const DiskFixture fixture;
  fixture.write(fixture.path("raw"));
  MemorySource source(fixture.path("raw"));
  source.bytes[1024 + 40] = 'x';
  CHECK_FALSE(disk::read_partition_table(source).complaint.empty());
  source.bytes[source.bytes.size() - 33 * 512 + 40] = 'x';
  CHECK_THROWS_AS(disk::read_partition_table(source), base::Error);
}

TEST_CASE("ext4 reads back content, metadata, links and attributes") {
  DiskFixture fixture;
  populate(fixture);
  fixture.options.overrides["/etc/os-release"] = {.owner = 100'000, .group = 7};
  fixture.write(fixture.path("raw"));
  const MemorySource source(fixture.path("raw"));
  const auto table = disk::read_partition_table(source);
  const disk::PartitionSource partition(source, table.partitions.at(1));
  const auto reader = disk::open_filesystem(partition);
  REQUIRE(reader);
  const auto facts = reader->facts();
  CHECK(facts.type == "ext4");
  CHECK(facts.uuid == fixture.layout.partitions[1].filesystem->uuid.to_string());
  CHECK(facts.label == "rootfs");
  CHECK(facts.size == base::ByteSize::mib(192));
  CHECK(facts.used > base::ByteSize::mib(3));
  CHECK(reader->read("/etc/os-release", k_limit) == "ID=test\n");
  CHECK(reader->read("/usr/lib/data", k_limit) == std::string(3'000'000, 'd'));
  CHECK_THROWS_AS(reader->read("/usr/lib/data", base::ByteSize::mib(1)), base::Error);
  const auto file = reader->find("/etc/os-release");
  REQUIRE(file);
  CHECK(file->owner == 100'000);
  CHECK(file->group == 7);
  CHECK(file->permissions == 0640);
  CHECK(file->modified == fixture.options.epoch);
  CHECK_FALSE(reader->find("/absent"));
  CHECK_FALSE(reader->find("/etc/os-release/below"));
  CHECK(reader->list("/srv")->size() == 500);
  CHECK(reader->list("/")->front() == "absolute");
  CHECK_FALSE(reader->list("/etc/os-release"));
  CHECK(reader->link_target("/lib") == "usr/lib");
  CHECK(reader->link_target("/slow") == std::string(200, 'x'));
  CHECK(reader->resolve("/absolute") == "/usr/lib/data");
  CHECK(reader->resolve("/lib/../../etc/./os-release") == "/etc/os-release");
  CHECK(reader->resolve("/etc/../etc/os-release") == "/etc/os-release");
  CHECK_FALSE(reader->resolve("/loop"));
  // Every name of an indexed directory is found.
  for (int index = 0; index < 500; ++index) {
    const std::string path = "/srv/a-name-that-is-rather-long-" + std::to_string(index);
    CHECK(reader->read(path, k_limit) == std::to_string(index));
  }
}

TEST_CASE("FAT reads back content under long names, in any case") {
  DiskFixture fixture;
  populate(fixture);
  const auto size = GENERATE(base::ByteSize::mib(64), base::ByteSize::mib(8));
  fixture.layout.partitions[0].size = size;
  fixture.write(fixture.path("raw"));
  const MemorySource source(fixture.path("raw"));
  const auto table = disk::read_partition_table(source);
  const disk::PartitionSource partition(source, table.partitions.at(0));
  const auto reader = disk::open_filesystem(partition);
  REQUIRE(reader);
  CHECK(reader->facts().type == "vfat");
  CHECK(reader->facts().label == "ESP");
  CHECK(reader->facts().uuid ==
        imagewright::model::fat_serial(fixture.layout.partitions[0].filesystem->uuid));
  CHECK(reader->read("/EFI/BOOT/grub.cfg", k_limit) == "menu\n");
  CHECK(reader->read("/efi/boot/A LONGER NAME.TXT", k_limit) == std::string(5000, 'l'));
  CHECK(reader->list("/EFI/BOOT") == std::vector<std::string>{"a longer name.txt", "grub.cfg"});
  const auto modified = reader->find("/EFI/BOOT/grub.cfg")->modified;
  CHECK(modified == fixture.options.epoch);
  CHECK_FALSE(reader->find("/EFI/absent"));
}

TEST_CASE("filesystems of other programs read as well") {
  if (!has_program("mke2fs") || !has_program("mkfs.vfat") || !has_program("mcopy")) {
    IMAGEWRIGHT_SKIP("mke2fs, mkfs.vfat or mcopy is not installed");
  }
  DiskFixture fixture;
  fixture.file("/dir/a file", "content\n");
  const std::string kind = GENERATE("ext2", "ext3", "ext4", "12", "16", "32");
  const std::string path = fixture.path("filesystem").string();
  std::ofstream(path).close();
  std::filesystem::resize_file(path, kind == "12" ? 2U << 20U : 64U << 20U);
  if (kind.starts_with("ext")) {
    REQUIRE(run_tool({"mke2fs", "-q", "-t", kind, "-d", fixture.root().string(), path}).exit_code ==
            0);
  } else {
    REQUIRE(run_tool({"mkfs.vfat", "-F", kind, path}).exit_code == 0);
    REQUIRE(run_tool({"mcopy", "-s", "-i", path, fixture.root() / "dir", "::/"}).exit_code == 0);
  }
  const MemorySource source{std::filesystem::path(path)};
  const auto reader = disk::open_filesystem(source);
  REQUIRE(reader);
  CHECK(reader->read("/dir/a file", k_limit) == "content\n");
  CHECK(reader->list("/dir") == std::vector<std::string>{"a file"});
}

TEST_CASE("noise is no filesystem, and a damaged one is refused or read, never followed blindly") {
  DiskFixture fixture;
  populate(fixture);
  fixture.layout.partitions[0].size = base::ByteSize::mib(8);
  fixture.write(fixture.path("raw"));
  MemorySource esp(fixture.extract(fixture.path("raw"), "esp"));
  // A chain that leads to itself, one that leaves the volume, sizes that overflow.
  std::uint64_t state = 88172645463325252ULL;
  int refused = 0;
  for (int round = 0; round < 400; ++round) {
    state ^= state << 13U;
    state ^= state >> 7U;
    state ^= state << 17U;
    MemorySource damaged(esp.bytes);
    // In turn the boot sector's fields and the start of the table.
    damaged.bytes[(round % 2 == 0 ? 0 : 512) + state % 64] = static_cast<char>(state >> 40U);
    try {
      const auto reader = disk::open_filesystem(damaged);
      if (reader) {
        reader->facts();
        reader->list("/EFI/BOOT");
        reader->read("/EFI/BOOT/grub.cfg", k_limit);
      }
    } catch (const base::Error&) {
      ++refused;
    }
  }
  CHECK(refused > 0);
  const MemorySource noise(std::string(esp.bytes.size(), 'n'));
  CHECK(disk::open_filesystem(noise) == nullptr);
}
