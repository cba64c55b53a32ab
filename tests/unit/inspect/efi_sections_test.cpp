// SPDX-License-Identifier: MIT
#include <string>

#include <catch2/catch.hpp>

#include "inspect/efi_sections.hpp"

using namespace imagewright;

namespace {

void put(std::string& bytes, std::size_t offset, std::uint64_t value, std::size_t size) {
  for (std::size_t index = 0; index < size; ++index)
    bytes.at(offset + index) = static_cast<char>(value >> (8 * index));
}

/// A program with one section: 5 bytes of content in 16 bytes of room.
std::string program() {
  std::string bytes(0x200, '\0');
  bytes.replace(0, 2, "MZ");
  put(bytes, 0x3c, 0x80, 4);
  bytes.replace(0x80, 2, "PE");
  put(bytes, 0x86, 1, 2);    // sections
  put(bytes, 0x94, 0x10, 2); // optional header
  const std::size_t table = 0x80 + 24 + 0x10;
  bytes.replace(table, 8, ".cmdline");
  put(bytes, table + 8, 5, 4);
  put(bytes, table + 16, 16, 4);
  put(bytes, table + 20, 0x180, 4);
  bytes.replace(0x180, 5, "a=b c");
  return bytes;
}

} // namespace

TEST_CASE("a section is found by its name") {
  CHECK(inspect::find_efi_section(program(), ".cmdline") == "a=b c");
  CHECK_FALSE(inspect::find_efi_section(program(), ".osrel"));
}

TEST_CASE("a program that is cut off has no sections") {
  const std::string whole = program();
  for (std::size_t size = 0; size < 0x185; ++size) {
    CHECK_FALSE(inspect::find_efi_section(whole.substr(0, size), ".cmdline"));
  }
}

TEST_CASE("offsets beyond the end lead nowhere") {
  for (const std::size_t place : {std::size_t{0x3c}, std::size_t{0x80 + 24 + 0x10 + 20}}) {
    std::string damaged = program();
    put(damaged, place, 0xfffffff0, 4);
    CHECK_FALSE(inspect::find_efi_section(damaged, ".cmdline"));
  }
}
