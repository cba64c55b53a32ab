// SPDX-License-Identifier: MIT
// VHDX files in which something is wrong.
#include <fstream>
#include <string>
#include <vector>

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

TEST_CASE("a VHDX that was not closed is refused") {
  const Patient patient;
  patient.change_sealed(128 * k_kib, 4 * k_kib, 48, std::byte{1}); // the log's identifier
  CHECK(patient.code() == "image.unsupported");
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
  SECTION("sectors of 4096 bytes") {
    patient.put(2 * k_mib + 64 * k_kib + 32, {std::byte{0}, std::byte{16}});
    CHECK(patient.code() == "image.unsupported");
  }
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
