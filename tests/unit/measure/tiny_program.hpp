// SPDX-License-Identifier: MIT
#pragma once

// A program for EFI of a kilobyte, with sections to choose.

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace imagewright_test {

using Sections = std::vector<std::pair<std::string, std::string>>;

inline constexpr std::size_t k_pe_header = 0x80;
inline constexpr std::size_t k_checksum_place = k_pe_header + 24 + 64;
inline constexpr std::size_t k_signature_row = k_pe_header + 24 + 112 + 4 * 8;

inline void put(std::string& bytes, std::size_t offset, std::uint64_t value, std::size_t size) {
  for (std::size_t index = 0; index < size; ++index)
    bytes.at(offset + index) = static_cast<char>(value >> (8 * index));
}

inline std::string tiny_program(const Sections& sections) {
  constexpr std::size_t k_headers = 0x400;
  std::string bytes(k_headers, '\0');
  bytes.replace(0, 2, "MZ");
  put(bytes, 0x3c, k_pe_header, 4);
  bytes.replace(k_pe_header, 2, "PE");
  put(bytes, k_pe_header + 6, sections.size(), 2);
  put(bytes, k_pe_header + 20, 112 + 16 * 8, 2);
  const std::size_t optional = k_pe_header + 24;
  put(bytes, optional, 0x20b, 2);
  put(bytes, optional + 60, k_headers, 4);
  put(bytes, optional + 108, 16, 4);
  std::size_t row = optional + 112 + 16 * 8;
  // Names that do not fit into their row stand in a table behind everything.
  std::string texts(4, '\0');
  for (const auto& [name, content] : sections) {
    const std::string label = name.size() > 8 ? "/" + std::to_string(texts.size()) : name;
    if (label != name) texts += name + '\0';
    bytes.replace(row, label.size(), label);
    put(bytes, row + 8, content.size(), 4);
    put(bytes, row + 16, (content.size() + 15) / 16 * 16, 4);
    put(bytes, row + 20, bytes.size(), 4);
    row += 40;
    bytes += content;
    bytes.resize((bytes.size() + 15) / 16 * 16, '\0');
  }
  if (texts.size() == 4) return bytes;
  put(bytes, k_pe_header + 12, bytes.size(), 4);
  put(texts, 0, texts.size(), 4);
  return bytes + texts;
}

} // namespace imagewright_test
