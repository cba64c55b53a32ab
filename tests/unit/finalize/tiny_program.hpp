// SPDX-License-Identifier: MIT
#pragma once

// The smallest EFI program that can take more sections, and a reader of its section table.

#include <cstdint>
#include <string>
#include <vector>

#include <imagewright/base/error.hpp>

namespace finalize_test {

inline constexpr std::size_t k_pe = 0x40;
inline constexpr std::size_t k_optional = k_pe + 24;

inline void put_number(std::string& bytes, std::size_t offset, std::uint64_t value,
                       std::size_t size) {
  for (std::size_t i = 0; i < size; ++i)
    bytes.at(offset + i) = static_cast<char>(value >> (8 * i));
}

inline std::uint64_t number_at(const std::string& bytes, std::size_t offset, std::size_t size) {
  std::uint64_t value = 0;
  for (std::size_t i = size; i > 0; --i)
    value = value << 8U | static_cast<unsigned char>(bytes.at(offset + i - 1));
  return value;
}

/// One section ".text" of 16 bytes at 0x2000; headers of 1024 bytes.
inline std::string tiny_program() {
  std::string bytes(0x600, '\0');
  bytes.replace(0, 2, "MZ");
  put_number(bytes, 0x3c, k_pe, 4);
  bytes.replace(k_pe, 2, "PE");
  put_number(bytes, k_pe + 4, 0x8664, 2);
  put_number(bytes, k_pe + 6, 1, 2);
  put_number(bytes, k_pe + 20, 240, 2);
  put_number(bytes, k_optional, 0x20b, 2);
  put_number(bytes, k_optional + 32, 0x1000, 4);
  put_number(bytes, k_optional + 36, 0x200, 4);
  put_number(bytes, k_optional + 56, 0x3000, 4);
  put_number(bytes, k_optional + 60, 0x400, 4);
  put_number(bytes, k_optional + 108, 16, 4);
  const auto section = k_optional + 240;
  bytes.replace(section, 5, ".text");
  put_number(bytes, section + 8, 16, 4);
  put_number(bytes, section + 12, 0x2000, 4);
  put_number(bytes, section + 16, 0x200, 4);
  put_number(bytes, section + 20, 0x400, 4);
  bytes.replace(0x400, 16, "0123456789abcdef");
  return bytes;
}

struct SectionOfProgram {
  std::string name;
  std::string content;
  std::uint64_t address = 0;

  bool operator==(const SectionOfProgram&) const = default;
};

inline std::vector<SectionOfProgram> sections_of(const std::string& bytes) {
  std::vector<SectionOfProgram> sections;
  const auto count = number_at(bytes, k_pe + 6, 2);
  for (std::uint64_t index = 0; index < count; ++index) {
    const auto header = k_optional + 240 + 40 * index;
    SectionOfProgram section;
    section.name = bytes.substr(header, 8).c_str();
    section.content =
        bytes.substr(number_at(bytes, header + 20, 4), number_at(bytes, header + 8, 4));
    section.address = number_at(bytes, header + 12, 4);
    sections.push_back(section);
  }
  return sections;
}

} // namespace finalize_test
