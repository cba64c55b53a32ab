// SPDX-License-Identifier: MIT
#include "grub_program.hpp"

#include <span>
#include <string_view>

#include <imagewright/base/byte_order.hpp>

namespace imagewright::measure {

namespace {

// GRUB: include/grub/kernel.h, grub_module_info64 and grub_module_header.
constexpr std::uint32_t k_table_mark = 0x676d696d;
constexpr std::size_t k_table_header = 24;
constexpr std::size_t k_object_header = 8;
enum Object : std::uint32_t { elf = 0, memdisk = 1, configuration = 2, prefix = 3 };

std::string text_of(std::string_view object) {
  return std::string(object.substr(0, object.find('\0')));
}

} // namespace

std::optional<GrubProgram> grub_program_in(const EfiProgram& program) {
  const auto section = program.find("mods");
  if (!section || section->stored.size() < k_table_header) return std::nullopt;
  const std::string_view table = section->stored;
  const auto raw = std::as_bytes(std::span(table));
  const auto start = base::little_endian::get<std::uint64_t>(raw, 8);
  const auto end = base::little_endian::get<std::uint64_t>(raw, 16);
  if (base::little_endian::get<std::uint32_t>(raw, 0) != k_table_mark || end > table.size() ||
      start < k_table_header || start > end)
    return std::nullopt;
  GrubProgram found;
  for (std::uint64_t at = start; end - at >= k_object_header;) {
    const auto type = base::little_endian::get<std::uint32_t>(raw, at);
    const auto size = base::little_endian::get<std::uint32_t>(raw, at + 4);
    if (size < k_object_header || size > end - at) return std::nullopt;
    const std::string_view object = table.substr(at + k_object_header, size - k_object_header);
    if (type == Object::prefix) found.prefix = text_of(object);
    if (type == Object::configuration) found.configuration = text_of(object);
    if (type == Object::memdisk) found.memdisk = object;
    at += size;
  }
  return found;
}

} // namespace imagewright::measure
