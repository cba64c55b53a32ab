// SPDX-License-Identifier: MIT
// Partition tables of other programs, whole and damaged.
#include <fstream>

#include <fcntl.h>
#include <imagewright_test/skip.hpp>

#include <catch2/catch.hpp>

#include <imagewright/base/error.hpp>
#include <imagewright/disk/partition_table.hpp>
#include <imagewright/fs/unique_fd.hpp>

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

constexpr std::uint64_t k_mebi = 1U << 20U;

/// A disk with two partitions, by fdisk.
std::string make_disk(const std::string& sector_size) {
  const ScratchDirectory scratch;
  const auto path = scratch / "disk";
  std::ofstream(path).close();
  std::filesystem::resize_file(path, 32 * k_mebi);
  const std::uint64_t mebi = k_mebi / std::stoul(sector_size);
  std::ofstream(scratch / "script") << "g\nn\n1\n"
                                    << mebi << "\n"
                                    << 5 * mebi - 1 << "\nn\n2\n"
                                    << 8 * mebi << "\n"
                                    << 16 * mebi - 1 << "\nx\nn\n1\none\nn\n2\ntwo\nr\nw\n";
  const auto run = run_tool(
      {"sh", "-c",
       "fdisk -b " + sector_size + " " + path.string() + " < " + (scratch / "script").string()});
  INFO(run.output);
  REQUIRE(run.exit_code == 0);
  return imagewright_test::read_text(path);
}

void check_table(const disk::PartitionTable& table) {
  REQUIRE(table.partitions.size() == 2);
  CHECK(table.partitions[0].label == "one");
  CHECK(table.partitions[0].start == base::ByteSize::mib(1));
  CHECK(table.partitions[1].label == "two");
  CHECK(table.partitions[1].start == base::ByteSize::mib(8));
  CHECK(table.partitions[1].size == base::ByteSize::mib(8));
}

std::string code_of(const MemorySource& source) {
  try {
    disk::read_partition_table(source);
  } catch (const base::Error& error) {
    return error.diagnostic().code;
  }
  return "none";
}

} // namespace

TEST_CASE("tables of either size of sectors are read, also from their backup alone") {
  if (!has_program("fdisk")) IMAGEWRIGHT_SKIP("fdisk is not installed");
  const std::string size = GENERATE(as<std::string>{}, "512", "4096");
  const std::size_t sector = std::stoul(size);
  MemorySource source(make_disk(size));
  const auto table = disk::read_partition_table(source);
  check_table(table);
  CHECK(table.sector_size == sector);
  CHECK(table.complaint.empty());
  SECTION("the header is damaged") {
    source.bytes.at(sector + 40) ^= 1;
  }
  SECTION("the entries are damaged") {
    source.bytes.at(2 * sector + 60) ^= 1;
  }
  SECTION("everything at the start is gone") {
    source.bytes.replace(0, 16384, 16384, '\0');
  }
  check_table(disk::read_partition_table(source));
}

TEST_CASE("a table with no whole copy is refused with the reason") {
  if (!has_program("fdisk")) IMAGEWRIGHT_SKIP("fdisk is not installed");
  MemorySource source(make_disk("512"));
  source.bytes.at(1024 + 60) ^= 1;
  CHECK(disk::read_partition_table(source).complaint == "the checksum of its entries is wrong");
  source.bytes.at(source.bytes.size() - 33 * 512 + 60) ^= 1;
  CHECK(code_of(source) == "disk.corrupt-partition-table");
  CHECK(code_of(MemorySource(std::string(k_mebi, '\0'))) == "disk.no-partition-table");
}

TEST_CASE("partitions get other identifiers in both copies, in tables of either size of sectors") {
  if (!has_program("fdisk")) IMAGEWRIGHT_SKIP("fdisk is not installed");
  const std::string size = GENERATE(as<std::string>{}, "512", "4096");
  const ScratchDirectory scratch;
  const auto path = scratch / "disk";
  std::ofstream(path, std::ios::binary) << make_disk(size);
  const auto uuid = base::Uuid::parse("01234567-89ab-4cde-8f01-23456789abcd").value();
  const fs::UniqueFd file(::open(path.c_str(), O_RDWR | O_CLOEXEC));
  REQUIRE(file);
  disk::set_partition_identifiers(file.get(), 32 * k_mebi, "disk", {{2, uuid}});
  MemorySource source(imagewright_test::read_text(path));
  const auto before = disk::read_partition_table(MemorySource(make_disk(size)));
  for (const bool is_backup : {false, true}) {
    if (is_backup) source.bytes.replace(0, 16384, 16384, '\0');
    const auto table = disk::read_partition_table(source);
    check_table(table);
    CHECK(table.complaint.empty() == !is_backup);
    CHECK(table.partitions[1].uuid == uuid);
    CHECK(table.partitions[0].uuid != uuid);
    CHECK(table.partitions[1].type == before.partitions[1].type);
  }
}
