// SPDX-License-Identifier: MIT
#include "efi_sections.hpp"

#include <algorithm>

#include "integers.hpp"

namespace imagewright::inspect {

// "PE Format", Microsoft: the offset of the signature at 0x3c, the COFF file header of 20 bytes
// after it, the optional header, the section table with entries of 40 bytes.
std::optional<std::string> find_efi_section(std::string_view program, std::string_view name) {
  constexpr std::size_t k_entry_size = 40;
  if (program.size() < 0x40 || !program.starts_with("MZ")) return std::nullopt;
  const std::uint64_t signature = little_endian(program, 0x3c, 4);
  if (signature > program.size() - 24) return std::nullopt;
  const std::string_view header = program.substr(signature);
  if (!header.starts_with(std::string_view("PE\0\0", 4))) return std::nullopt;
  const std::uint64_t count = little_endian(header, 6, 2);
  const std::uint64_t table = 24 + little_endian(header, 20, 2);
  for (std::uint64_t index = 0; index < count; ++index) {
    const std::uint64_t at = table + index * k_entry_size;
    if (at > header.size() || header.size() - at < k_entry_size) return std::nullopt;
    std::string_view found = header.substr(at, 8);
    found = found.substr(0, found.find('\0'));
    if (found != name) continue;
    const std::uint64_t size =
        std::min(little_endian(header, at + 8, 4), little_endian(header, at + 16, 4));
    const std::uint64_t start = little_endian(header, at + 20, 4);
    if (start > program.size() || size > program.size() - start) return std::nullopt;
    std::string text(program.substr(start, size));
    text.erase(std::find_if(text.rbegin(), text.rend(), [](char c) { return c != '\0'; }).base(),
               text.end());
    return text;
  }
  return std::nullopt;
}

} // namespace imagewright::inspect
