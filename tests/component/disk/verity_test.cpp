// SPDX-License-Identifier: MIT
// Hash trees of verified partitions, held against cryptsetup's own.
#include <fstream>

#include <imagewright_test/skip.hpp>

#include <catch2/catch.hpp>

#include <imagewright/base/error.hpp>

#include "disk_fixture.hpp"

namespace base = imagewright::base;
namespace disk = imagewright::disk;
namespace fs = imagewright::fs;
namespace model = imagewright::model;
using imagewright_test::DiskFixture;
using imagewright_test::has_program;
using imagewright_test::run_tool;

namespace {

constexpr auto k_salt = "0123456789abcdef0123456789abcdef";
constexpr auto k_salt_hex = "3031323334353637383961626364656630313233343536373839616263646566";

/// The root of the fixture, verified, with 4 MiB for its hashes.
struct VerityDisk : DiskFixture {
  VerityDisk() {
    file("/etc/os-release", "ID=test\n");
    file("/usr/lib/data", std::string(3'000'000, 'd'));
    file("/boot/efi/loader", "roothash=" + std::string(64, '-') + "\n");
    layout.size = layout.size + base::ByteSize::mib(4);
    auto hashes = layout.partitions.back();
    hashes.id = "hashes";
    hashes.label = "hashes";
    hashes.uuid = base::Uuid::from_name("test", "hashes");
    hashes.start = hashes.start + hashes.size;
    hashes.size = base::ByteSize::mib(4);
    hashes.filesystem.reset();
    layout.partitions.push_back(hashes);
    layout.verity = {{.name = "root",
                      .data_partition = "root",
                      .hash_partition = "hashes",
                      .uuid = base::Uuid::from_name("test", "verity"),
                      .salt = k_salt,
                      .options = {}}};
    for (auto& partition : layout.partitions) {
      if (partition.id == "root") partition.filesystem->verity_name = "root";
    }
    late_files = {"/boot/efi/loader", "/removed/by/a/script"};
    placeholders = {{"root", std::string(64, '-')}};
  }

  std::string write_and_tell(const std::filesystem::path& raw) const {
    return write(raw).root_hashes.at("root");
  }
};

} // namespace

TEST_CASE("a hash tree has the bytes that veritysetup writes") {
  if (!has_program("veritysetup")) IMAGEWRIGHT_SKIP("veritysetup is not installed");
  VerityDisk fixture;
  const auto raw = fixture.path("disk.raw");
  const auto written = fixture.write(raw);
  const auto& hash = written.root_hashes.at("root");
  const auto data = fixture.extract(raw, "root");
  const auto hashes = fixture.extract(raw, "hashes");
  CHECK(run_tool({"veritysetup", "verify", data, hashes, hash}).exit_code == 0);
  const auto theirs = fixture.path("theirs");
  std::ofstream(theirs).close();
  std::filesystem::resize_file(theirs, std::filesystem::file_size(hashes));
  const auto run = run_tool({"veritysetup", "format", data, theirs, "--salt", k_salt_hex, "--uuid",
                             fixture.layout.verity[0].uuid.to_string()});
  REQUIRE(run.exit_code == 0);
  CHECK(run.output.find(hash) != std::string::npos);
  CHECK(run_tool({"cmp", hashes, theirs}).output.empty());
  // 49152 blocks of data: 384, 3 and 1 blocks of digests, and the superblock's.
  CHECK(written.partitions.back().used == base::ByteSize((384 + 3 + 1 + 1) * 4096));
}

TEST_CASE("one flipped byte of the data does not verify") {
  if (!has_program("veritysetup")) IMAGEWRIGHT_SKIP("veritysetup is not installed");
  VerityDisk fixture;
  const auto raw = fixture.path("disk.raw");
  const auto hash = fixture.write_and_tell(raw);
  const auto data = fixture.extract(raw, "root");
  const auto hashes = fixture.extract(raw, "hashes");
  {
    std::fstream file(data, std::ios::in | std::ios::out | std::ios::binary);
    file.seekp(100 << 20);
    file.put('!');
  }
  CHECK(run_tool({"veritysetup", "verify", data, hashes, hash}).exit_code != 0);
}

TEST_CASE("files of other partitions have the root hash, and the sealed root has not") {
  if (!has_program("mtype")) IMAGEWRIGHT_SKIP("mtools are not installed");
  VerityDisk fixture;
  const auto raw = fixture.path("disk.raw");
  const auto hash = fixture.write_and_tell(raw);
  REQUIRE(hash.size() == 64);
  const auto esp = fixture.extract(raw, "esp");
  CHECK(run_tool({"mtype", "-i", esp, "::loader"}).output == "roothash=" + hash + "\n");
  CHECK(imagewright_test::read_text(fixture.path("root/boot/efi/loader")) ==
        "roothash=" + std::string(64, '-') + "\n");
}

TEST_CASE("a partition that is too small for the hashes is refused before a file appears") {
  VerityDisk fixture;
  fixture.layout.partitions.back().size = base::ByteSize::mib(1);
  const auto raw = fixture.path("disk.raw");
  std::string message;
  try {
    fixture.write(raw);
  } catch (const base::Error& error) {
    CHECK(error.diagnostic().code == "disk.content-too-large");
    message = error.diagnostic().message;
  }
  CHECK(message.find("\"hashes\"") != std::string::npos);
  CHECK_FALSE(std::filesystem::exists(raw));
}
