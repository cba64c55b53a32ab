// SPDX-License-Identifier: MIT
#include <fstream>
#include <string>

#include <imagewright_test/scratch.hpp>

#include <catch2/catch.hpp>

#include <imagewright/base/error.hpp>
#include <imagewright/disk/write_disk.hpp>
#include <imagewright/machine/run_in_machine.hpp>
#include <imagewright/report/reporter.hpp>

#include "machine/disks.hpp"

using namespace imagewright;

namespace {

std::string fault_of(const std::filesystem::path& disk) {
  try {
    const machine::FinishedMachine machine("", disk);
  } catch (const base::Error& error) {
    return error.diagnostic().code;
  }
  return {};
}

void overwrite(const std::filesystem::path& disk, std::streamoff place, const std::string& bytes) {
  std::fstream file(disk, std::ios::in | std::ios::out | std::ios::binary);
  file.seekp(place);
  file.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  REQUIRE(file.good());
}

} // namespace

TEST_CASE("a machine that made another disk of its own gives no answer") {
  constexpr std::streamoff k_partition = std::streamoff{1} << 20U;
  const imagewright_test::ScratchDirectory scratch;
  const auto disk = scratch / "work.raw";
  const base::Cancellation never;
  machine::write_work_disk(base::ByteSize::mib(16), disk, never);
  CHECK(fault_of(disk).empty());
  SECTION("no filesystem") {
    overwrite(disk, k_partition, std::string(65536, '\0'));
    CHECK(fault_of(disk) == "machine.odd-answer");
  }
  SECTION("no partition") {
    const std::string zeros(static_cast<std::size_t>(k_partition), '\0');
    overwrite(disk, 0, zeros);
    overwrite(disk, static_cast<std::streamoff>(std::filesystem::file_size(disk)) - k_partition,
              zeros);
    CHECK_FALSE(fault_of(disk).empty());
  }
}

TEST_CASE("a machine that made a filesystem of another kind gives no answer") {
  const imagewright_test::ScratchDirectory scratch;
  model::DiskLayout layout;
  layout.uuid = base::Uuid::from_name("test", "disk");
  layout.size = base::ByteSize::mib(66);
  layout.partitions.push_back(
      {.id = "work",
       .label = "work",
       .type = base::Uuid::from_name("test", "type"),
       .uuid = base::Uuid::from_name("test", "partition"),
       .start = base::ByteSize::mib(1),
       .size = base::ByteSize::mib(64),
       .filesystem = model::Filesystem{.type = model::FilesystemType::fat32,
                                       .uuid = base::Uuid::from_name("test", "filesystem"),
                                       .label = "work",
                                       .mount_point = "/"}});
  tree::RootTree empty{.host_path = "/", .inodes = {}, .entries = {}};
  tree::Inode root;
  root.type = fs::FileType::directory;
  empty.entries.push_back({"/", 0});
  empty.inodes.push_back(root);
  report::NullReporter silent;
  const base::Cancellation never;
  disk::write_disk({.layout = layout, .tree = empty, .epoch = {}}, scratch / "fat.raw", silent,
                   never);
  CHECK(fault_of(scratch / "fat.raw") == "machine.odd-answer");
}
