// SPDX-License-Identifier: MIT
#include "disk/gpt/table_copy.hpp"

#include <span>
#include <string_view>
#include <utility>

#include <imagewright/base/crc32.hpp>

namespace imagewright::disk {

namespace {

constexpr std::string_view k_signature = "EFI PART";
constexpr std::size_t k_size = 12;
constexpr std::size_t k_checksum = 16;
constexpr std::size_t k_array_checksum = 88;

/// The checksum counts as zero in itself.
std::uint32_t header_checksum(Bytes header) {
  const auto size = get<std::uint32_t>(header, k_size);
  put(header, k_checksum, std::uint32_t{0});
  return base::crc32(std::span(header).first(size));
}

/// What is wrong with a header; empty when nothing is.
std::string_view fault_of_header(const Bytes& header) {
  const auto size = get<std::uint32_t>(header, k_size);
  if (size < k_smallest_gpt_header || size > header.size())
    return "its header has an impossible size";
  if (header_checksum(header) != get<std::uint32_t>(header, k_checksum))
    return "the checksum of its header is wrong";
  return {};
}

/// The same of the entries, which are read.
std::string_view read_array(const fs::ByteSource& disk, TableCopy& copy) {
  const std::uint64_t length = std::uint64_t{copy.entry_count()} * copy.entry_size();
  if (copy.entry_size() < k_smallest_gpt_entry || length > k_largest_gpt_array)
    return "its entries have an impossible size";
  const std::uint64_t sectors = disk.size() / copy.sector_size();
  if (copy.array_sector() >= sectors ||
      length > disk.size() - copy.array_sector() * copy.sector_size())
    return "its entries are beyond the end of the disk";
  copy.array.resize(length);
  disk.read(copy.array_sector() * copy.sector_size(), copy.array);
  if (base::crc32(copy.array) != get<std::uint32_t>(copy.header, k_array_checksum))
    return "the checksum of its entries is wrong";
  return {};
}

} // namespace

bool has_table_signature(const fs::ByteSource& disk, std::uint64_t offset) {
  if (offset + k_signature.size() > disk.size()) return false;
  Bytes bytes(k_signature.size());
  disk.read(offset, bytes);
  return as_text(bytes) == k_signature;
}

void TableCopy::update_checksums() {
  put(header, k_array_checksum, base::crc32(array));
  put(header, k_checksum, header_checksum(header));
}

std::optional<TableCopy> find_table_copy(const fs::ByteSource& disk, std::uint64_t sector,
                                         std::uint64_t sector_size, std::string& complaint) {
  const std::uint64_t sectors = disk.size() / sector_size;
  if (sector >= sectors || !has_table_signature(disk, sector * sector_size)) return std::nullopt;
  TableCopy copy{.header = Bytes(sector_size), .array = {}};
  disk.read(sector * sector_size, copy.header);
  std::string_view fault = fault_of_header(copy.header);
  if (fault.empty()) fault = read_array(disk, copy);
  if (fault.empty()) return copy;
  if (complaint.empty()) complaint = fault;
  return std::nullopt;
}

} // namespace imagewright::disk
