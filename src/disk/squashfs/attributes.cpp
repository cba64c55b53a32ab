// SPDX-License-Identifier: MIT
#include "disk/squashfs/attributes.hpp"

#include <algorithm>
#include <array>
#include <string>
#include <string_view>

namespace imagewright::disk {

namespace {

constexpr std::uint64_t k_no_table = ~std::uint64_t{0};
constexpr std::size_t k_header = 16;
constexpr std::size_t k_entry = 16;
constexpr std::uint16_t k_is_elsewhere = 0x100;
constexpr std::array<std::string_view, 3> k_prefixes = {"user.", "trusted.", "security."};
constexpr std::uint32_t k_most = 65'536;
/// What the kernel takes at most.
constexpr std::uint32_t k_longest_value = 65'536;

std::string value_at(SquashfsCursor& cursor) {
  const auto size = get<std::uint32_t>(cursor.take(4), 0);
  if (size > k_longest_value) throw_corrupt_squashfs("an extended attribute is too long");
  return std::string(as_text(cursor.take(size)));
}

tree::ExtendedAttribute attribute_at(const SquashfsVolume& volume, std::uint64_t values,
                                     SquashfsCursor& cursor) {
  const Bytes key = cursor.take(4);
  const auto kind = get<std::uint16_t>(key, 0);
  const std::size_t prefix = kind & (k_is_elsewhere - 1U);
  const std::string name(as_text(cursor.take(get<std::uint16_t>(key, 2))));
  if (prefix >= k_prefixes.size() || name.empty() || name.find('\0') != std::string::npos)
    throw_corrupt_squashfs("an extended attribute has an impossible name");
  tree::ExtendedAttribute attribute{std::string(k_prefixes.at(prefix)) + name, value_at(cursor)};
  if ((kind & k_is_elsewhere) == 0) return attribute;
  // Several files have the same value.
  if (attribute.value.size() != sizeof(std::uint64_t))
    throw_corrupt_squashfs("the value of an extended attribute is nowhere");
  const auto place = get<std::uint64_t>(std::as_bytes(std::span<const char>(attribute.value)), 0);
  SquashfsCursor elsewhere(volume, values, place);
  attribute.value = value_at(elsewhere);
  return attribute;
}

} // namespace

std::vector<tree::ExtendedAttribute> squashfs_attributes(const SquashfsVolume& volume,
                                                         const SquashfsInode& inode) {
  std::vector<tree::ExtendedAttribute> attributes;
  const std::uint64_t table = volume.shape().attribute_table;
  if (inode.attributes == k_squashfs_none || table == k_no_table) return attributes;
  if (table > volume.source().size() || volume.source().size() - table < k_header)
    throw_corrupt_squashfs("its extended attributes are nowhere");
  Bytes header(k_header);
  volume.source().read(table, header);
  if (inode.attributes >= get<std::uint32_t>(header, 8))
    throw_corrupt_squashfs("a file has extended attributes that are nowhere");
  const Bytes entry = volume.table_entry(table + k_header, inode.attributes, k_entry);
  const auto values = get<std::uint64_t>(header, 0);
  const auto count = get<std::uint32_t>(entry, 8);
  if (count > k_most) throw_corrupt_squashfs("a file has too many extended attributes");
  SquashfsCursor cursor(volume, values, get<std::uint64_t>(entry, 0));
  for (std::uint32_t index = 0; index < count; ++index)
    attributes.push_back(attribute_at(volume, values, cursor));
  std::ranges::sort(attributes);
  return attributes;
}

} // namespace imagewright::disk
