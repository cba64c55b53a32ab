// SPDX-License-Identifier: MIT
#include "efi_program.hpp"

#include <algorithm>
#include <charconv>
#include <span>
#include <system_error>

#include <fmt/format.h>

#include <imagewright/base/byte_order.hpp>
#include <imagewright/base/error.hpp>
#include <imagewright/base/text.hpp>

namespace imagewright::measure {

namespace {

// "PE Format", Microsoft.
constexpr std::uint64_t k_header_size = 24; ///< signature and COFF header
constexpr std::uint64_t k_section_row = 40;
constexpr std::uint64_t k_symbol_row = 18;
constexpr std::uint64_t k_longest_name = 64;
constexpr std::uint64_t k_pe32_plus = 0x20b;
constexpr std::uint64_t k_checksum = 64;     ///< in the optional header
constexpr std::uint64_t k_headers_size = 60; ///< likewise
constexpr std::uint64_t k_directory_row = 8;
constexpr std::uint64_t k_signatures = 4; ///< number of that directory
/// No section of what starts a system is larger in memory.
constexpr std::uint64_t k_largest_section = std::uint64_t{1} << 30U;

[[noreturn]] void refuse(const std::string& name, std::string_view why) {
  throw base::Error(base::FailureKind::build, "measure.damaged-program",
                    fmt::format("{} is no whole program for EFI: {}", base::quoted(name), why),
                    "firmware would not start it either; compose the image anew");
}

/// Of a name "/123" that does not fit into its row: from the table of texts behind the symbols.
std::string long_name(std::string_view bytes, std::uint64_t table, std::string_view label) {
  std::uint64_t offset = 0;
  const auto [end, error] = std::from_chars(label.data() + 1, label.data() + label.size(), offset);
  if (error != std::errc() || end != label.data() + label.size() || table > bytes.size() ||
      offset > bytes.size() - table)
    return std::string(label);
  const std::string_view rest = bytes.substr(table + offset, k_longest_name);
  return std::string(rest.substr(0, rest.find('\0')));
}

} // namespace

std::string EfiSection::in_memory() const {
  std::string content(stored.substr(0, std::min<std::uint64_t>(stored.size(), size)));
  content.resize(size, '\0');
  return content;
}

EfiProgram::EfiProgram(std::string_view bytes, const std::string& name) : bytes_(bytes) {
  const auto number = [&](std::uint64_t offset, std::size_t size) -> std::uint64_t {
    if (offset > bytes.size() || bytes.size() - offset < size) refuse(name, "it is cut off");
    const auto raw = std::as_bytes(std::span(bytes));
    return size == 2 ? base::little_endian::get<std::uint16_t>(raw, offset)
                     : base::little_endian::get<std::uint32_t>(raw, offset);
  };
  if (!bytes.starts_with("MZ")) refuse(name, "it does not begin like one");
  const std::uint64_t header = number(0x3c, 4);
  if (number(header, 4) != 0x4550) refuse(name, "it has no PE header");
  machine_ = number(header + 4, 2);
  const std::uint64_t optional = header + k_header_size;
  const std::uint64_t directories = optional + (number(optional, 2) == k_pe32_plus ? 112 : 96);
  if (number(directories - 4, 4) <= k_signatures) refuse(name, "it has no room for signatures");
  checksum_ = optional + k_checksum;
  signature_row_ = directories + k_signatures * k_directory_row;
  signature_start_ = number(signature_row_, 4);
  signature_size_ = number(signature_row_ + 4, 4);
  headers_size_ = number(optional + k_headers_size, 4);
  if (headers_size_ > bytes.size() || headers_size_ < signature_row_ + k_directory_row)
    refuse(name, "its headers have no sensible size");
  const std::uint64_t table = optional + number(header + 20, 2);
  const std::uint64_t count = number(header + 6, 2);
  const std::uint64_t symbols = number(header + 12, 4);
  const std::uint64_t texts = symbols + number(header + 16, 4) * k_symbol_row;
  for (std::uint64_t index = 0; index < count; ++index) {
    const std::uint64_t row = table + index * k_section_row;
    number(row + k_section_row - 2, 2);
    const std::string_view label = bytes.substr(row, 8);
    Stored section{.name = std::string(label.substr(0, label.find('\0'))),
                   .start = number(row + 20, 4),
                   .length = number(row + 16, 4),
                   .memory = number(row + 8, 4)};
    if (section.length != 0 &&
        (section.start > bytes.size() || section.length > bytes.size() - section.start))
      refuse(name, "a section is cut off");
    if (section.memory > k_largest_section) refuse(name, "a section is too large");
    if (symbols != 0 && section.name.starts_with('/'))
      section.name = long_name(bytes, texts, section.name);
    sections_.push_back(std::move(section));
  }
}

Digests EfiProgram::authenticode_digests() const {
  std::vector<Stored> ordered = sections_;
  std::ranges::stable_sort(ordered, {}, &Stored::start);
  Digests digests;
  for (const base::DigestAlgorithm bank : k_banks) {
    base::Hasher hasher(bank);
    hasher.update(bytes_.substr(0, checksum_));
    hasher.update(bytes_.substr(checksum_ + 4, signature_row_ - checksum_ - 4));
    const std::uint64_t behind_row = signature_row_ + k_directory_row;
    hasher.update(bytes_.substr(behind_row, headers_size_ - behind_row));
    std::uint64_t digested = headers_size_;
    for (const Stored& section : ordered) {
      if (section.length == 0) continue;
      hasher.update(bytes_.substr(section.start, section.length));
      digested += section.length;
    }
    // What stands behind the sections, up to the signatures.
    const std::uint64_t end =
        bytes_.size() - std::min<std::uint64_t>(signature_size_, bytes_.size());
    if (end > digested) hasher.update(bytes_.substr(digested, end - digested));
    digests.emplace(bank, hasher.finish());
  }
  return digests;
}

std::optional<EfiSection> EfiProgram::find(std::string_view name) const {
  const auto found = std::ranges::find(sections_, name, &Stored::name);
  if (found == sections_.end()) return std::nullopt;
  return EfiSection{found->name,
                    bytes_.substr(found->length == 0 ? 0 : found->start, found->length),
                    found->memory};
}

// "The Attribute Certificate Table", PE Format.
std::vector<std::string_view> EfiProgram::signatures() const {
  constexpr std::size_t k_head = 8;
  constexpr std::uint16_t k_pkcs_signed_data = 2;
  std::vector<std::string_view> signatures;
  if (signature_start_ > bytes_.size()) return signatures;
  std::string_view table = bytes_.substr(signature_start_, signature_size_);
  while (table.size() > k_head) {
    const auto raw = std::as_bytes(std::span(table));
    const auto size = base::little_endian::get<std::uint32_t>(raw, 0);
    if (size <= k_head || size > table.size()) break;
    if (base::little_endian::get<std::uint16_t>(raw, 6) == k_pkcs_signed_data)
      signatures.push_back(table.substr(k_head, size - k_head));
    table.remove_prefix(std::min<std::size_t>(table.size(), (std::size_t{size} + 7) / 8 * 8));
  }
  return signatures;
}

} // namespace imagewright::measure
