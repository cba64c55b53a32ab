// SPDX-License-Identifier: MIT
// VHDX files in which something is wrong, or unusual.
#include <algorithm>
#include <fstream>
#include <string>
#include <vector>

#include <imagewright_test/skip.hpp>

#include <catch2/catch.hpp>

#include <imagewright/base/byte_order.hpp>
#include <imagewright/base/crc32.hpp>
#include <imagewright/base/error.hpp>
#include <imagewright/fs/file.hpp>
#include <imagewright/image/image_reader.hpp>

#include "image_fixture.hpp"

namespace base = imagewright::base;
namespace image = imagewright::image;
using imagewright::model::ImageFormat;
using imagewright_test::digest_of_disk;
using imagewright_test::ImageFixture;

namespace {

constexpr std::uint64_t k_kib = 1024;
constexpr std::uint64_t k_mib = 1024 * k_kib;

/// A VHDX whose bytes a test changes.
class Patient {
public:
  Patient() { fixture.write({{ImageFormat::vhdx, path}}); }

  std::vector<std::byte> get(std::uint64_t offset, std::size_t size) const {
    std::vector<std::byte> bytes(size);
    std::ifstream file(path, std::ios::binary);
    file.seekg(static_cast<std::streamoff>(offset));
    file.read(reinterpret_cast<char*>(bytes.data()), static_cast<std::streamsize>(size));
    return bytes;
  }
  void put(std::uint64_t offset, const std::vector<std::byte>& bytes) const {
    std::fstream file(path, std::ios::binary | std::ios::in | std::ios::out);
    file.seekp(static_cast<std::streamoff>(offset));
    file.write(reinterpret_cast<const char*>(bytes.data()),
               static_cast<std::streamsize>(bytes.size()));
    REQUIRE(file.good());
  }
  void put_number(std::uint64_t offset, std::uint64_t value) const {
    std::vector<std::byte> bytes(8);
    base::little_endian::put(bytes, 0, value);
    put(offset, bytes);
  }
  /// Changes one byte of a structure that has a checksum, which stays right.
  void change_sealed(std::uint64_t offset, std::size_t size, std::size_t place,
                     std::byte value) const {
    auto bytes = get(offset, size);
    bytes.at(place) = value;
    base::little_endian::put(bytes, 4, std::uint32_t{0});
    base::little_endian::put(bytes, 4, base::crc32c(bytes));
    put(offset, bytes);
  }
  std::string code() const {
    try {
      digest_of_disk(path);
    } catch (const base::Error& error) {
      return error.diagnostic().code;
    }
    return "none";
  }

  ImageFixture fixture;
  std::filesystem::path path = fixture.path("out.vhdx");
};

const std::vector<std::byte> k_garbage(8, std::byte{0xA5});

} // namespace

TEST_CASE("one good copy of header and region table is enough") {
  const Patient patient;
  patient.put(128 * k_kib + 16, k_garbage);
  patient.put(192 * k_kib + 40, k_garbage);
  CHECK(digest_of_disk(patient.path) == imagewright::fs::digest_of_file(patient.fixture.raw));
  patient.put(256 * k_kib + 40, k_garbage);
  CHECK(patient.code() == "image.corrupt-vhdx");
}

TEST_CASE("a VHDX with wrong headers is damaged") {
  const Patient patient;
  patient.put(64 * k_kib + 16, k_garbage);
  patient.put(128 * k_kib + 16, k_garbage);
  CHECK(patient.code() == "image.corrupt-vhdx");
}

TEST_CASE("a VHDX whose log has nothing that is valid is damaged") {
  const Patient patient;
  patient.change_sealed(128 * k_kib, 4 * k_kib, 48, std::byte{1}); // the log's identifier
  CHECK(patient.code() == "image.corrupt-vhdx");
}

TEST_CASE("the log of a VHDX that was not closed is replayed, as qemu-img does") {
  const Patient patient;
  constexpr std::uint64_t table = 3 * k_mib;
  constexpr std::size_t sector = 4 * k_kib;
  const auto content = patient.get(table, sector);
  // What reached its place is garbage, and zeros where zeros are.
  patient.put(table, std::vector<std::byte>(sector, std::byte{0xFF}));
  patient.put(table + 2 * sector, std::vector<std::byte>(sector, std::byte{0xFF}));
  patient.change_sealed(128 * k_kib, 4 * k_kib, 48, std::byte{1});
  const std::uint64_t file_size = std::filesystem::file_size(patient.path);
  // Two entries, of which the second one is the head: it says that the first is the tail.
  std::uint64_t place = 1 * k_mib + 2 * sector;
  const std::uint64_t tail = 2 * sector;
  for (const std::uint64_t sequence : {std::uint64_t{7}, std::uint64_t{8}}) {
    const bool has_data = sequence == 7;
    std::vector<std::byte> entry(has_data ? 2 * sector : sector);
    base::put_text(entry, 0, "loge");
    base::little_endian::put(entry, 8, static_cast<std::uint32_t>(entry.size()));
    base::little_endian::put(entry, 12, static_cast<std::uint32_t>(tail));
    base::little_endian::put(entry, 16, sequence);
    base::little_endian::put(entry, 24, std::uint32_t{1});
    entry.at(32) = std::byte{1};
    base::little_endian::put(entry, 48, file_size);
    base::little_endian::put(entry, 56, file_size);
    base::put_text(entry, 64, has_data ? "desc" : "zero");
    base::little_endian::put(entry, 64 + 24, sequence);
    if (has_data) {
      std::copy_n(content.end() - 4, 4, entry.begin() + 64 + 4);
      std::copy_n(content.begin(), 8, entry.begin() + 64 + 8);
      base::little_endian::put(entry, 64 + 16, table);
      std::copy(content.begin(), content.end(), entry.begin() + sector);
      base::put_text(entry, sector, "data");
      base::little_endian::put(entry, sector + 4, std::uint32_t{0});
      base::little_endian::put(entry, 2 * sector - 4, static_cast<std::uint32_t>(sequence));
    } else {
      base::little_endian::put(entry, 64 + 8, std::uint64_t{sector});
      base::little_endian::put(entry, 64 + 16, table + 2 * sector);
    }
    base::little_endian::put(entry, 4, base::crc32c(entry));
    patient.put(place, entry);
    place += entry.size();
  }
  CHECK(digest_of_disk(patient.path) == imagewright::fs::digest_of_file(patient.fixture.raw));
  if (!imagewright_test::has_program("qemu-img")) IMAGEWRIGHT_SKIP("qemu-img is not installed");
  const auto check = imagewright_test::run_tool(
      {"qemu-img", "check", "-f", "vhdx", "-r", "all", patient.path.string()});
  INFO(check.output);
  CHECK(check.exit_code == 0);
  const auto compare =
      imagewright_test::run_tool({"qemu-img", "compare", "-f", "raw", "-F", "vhdx",
                                  patient.fixture.raw.string(), patient.path.string()});
  INFO(compare.output);
  CHECK(compare.exit_code == 0);
}

TEST_CASE("what a VHDX needs and nobody here knows is refused") {
  const Patient patient;
  SECTION("a region") {
    patient.change_sealed(192 * k_kib, 64 * k_kib, 48, std::byte{1});
    patient.change_sealed(256 * k_kib, 64 * k_kib, 48, std::byte{1});
    CHECK(patient.code() == "image.unsupported");
  }
  SECTION("an item") {
    patient.put(2 * k_mib + 32 + 2 * 32, {std::byte{1}});
    CHECK(patient.code() == "image.unsupported");
  }
  SECTION("a parent") {
    patient.put(2 * k_mib + 64 * k_kib + 4, {std::byte{2}});
    CHECK(patient.code() == "image.unsupported");
  }
}

TEST_CASE("a VHDX may have sectors of 4096 bytes") {
  const Patient patient;
  patient.put(2 * k_mib + 64 * k_kib + 32, {std::byte{0}, std::byte{16}});
  CHECK(image::open_image(patient.path)->sector_size() == 4096);
  CHECK(digest_of_disk(patient.path) == imagewright::fs::digest_of_file(patient.fixture.raw));
}

TEST_CASE("blocks, items and tables must be where they can be") {
  const Patient patient;
  constexpr std::uint64_t table = 3 * k_mib;
  constexpr std::uint64_t first_item = 2 * k_mib + 32;
  constexpr std::uint64_t values = 2 * k_mib + 64 * k_kib;
  SECTION("a block beyond the end") {
    patient.put_number(table, (k_mib << 20U) | 6U);
  }
  SECTION("a block over the headers") {
    patient.put_number(table, 6);
  }
  SECTION("a block in a state that no block has") {
    patient.put_number(table, 4);
  }
  SECTION("blocks that share their place") {
    const auto first = patient.get(table, 8);
    for (std::uint64_t block = 1; block < 640; ++block)
      patient.put(table + 8 * block, first);
  }
  SECTION("a disk that is larger than the table") {
    patient.put_number(values + 8, std::uint64_t{2} << 40U);
  }
  SECTION("blocks of an odd size") {
    patient.put_number(values, 3 * k_mib);
  }
  SECTION("an item outside of its region") {
    patient.put_number(first_item + 16, (std::uint64_t{8} << 32U) | (2 * k_mib));
  }
  SECTION("an item inside of the table of items") {
    patient.put_number(first_item + 16, (std::uint64_t{8} << 32U) | 32U);
  }
  SECTION("a cut file") {
    std::filesystem::resize_file(patient.path, 3 * k_mib);
  }
  CHECK(patient.code() == "image.corrupt-vhdx");
}
