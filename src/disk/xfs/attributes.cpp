// SPDX-License-Identifier: MIT
#include "disk/xfs/attributes.hpp"

#include <algorithm>
#include <array>
#include <optional>

#include "disk/xfs/fork_blocks.hpp"

namespace imagewright::disk {

namespace {

using base::big_endian::get;
using base::little_endian::put;

constexpr std::uint8_t k_local = 0x01;
constexpr std::uint8_t k_root = 0x02;
constexpr std::uint8_t k_secure = 0x04;
constexpr std::uint8_t k_parent = 0x08;
constexpr std::uint8_t k_incomplete = 0x80;

constexpr std::uint16_t k_node_magic = 0x3EBE;
constexpr std::uint16_t k_leaf_magic = 0x3BEE;
constexpr std::uint32_t k_remote_magic = 0x5841524D; // "XARM"
constexpr std::size_t k_leaf_entries = 80;
constexpr std::size_t k_node_entries = 64;
/// What stands before the name of an attribute in a leaf; names are not padded but at their end.
constexpr std::size_t k_local_head = 3;
constexpr std::size_t k_remote_head = 9;
constexpr std::size_t k_longest_value = 65'536;

/// Access lists have names and a form of their own.
struct AccessListName {
  std::string_view stored;
  std::string_view name;
};
constexpr std::array k_access_lists = {
    AccessListName{"SGI_ACL_FILE", "system.posix_acl_access"},
    AccessListName{"SGI_ACL_DEFAULT", "system.posix_acl_default"}};

/// As linux/posix_acl_xattr.h has it: version 2, then tag, permissions and id of each entry.
std::string access_list(std::string_view stored) {
  const auto bytes = std::as_bytes(std::span(stored));
  constexpr std::size_t entry = 12;
  if (bytes.size() < 4) throw_corrupt_xfs("an access list is cut off");
  const std::size_t count = get<std::uint32_t>(bytes, 0);
  if (count > (bytes.size() - 4) / entry) throw_corrupt_xfs("an access list is cut off");
  Bytes list(4 + count * 8);
  put<std::uint32_t>(list, 0, 2);
  for (std::size_t index = 0; index < count; ++index) {
    const std::size_t from = 4 + index * entry;
    const std::size_t to = 4 + index * 8;
    put(list, to, static_cast<std::uint16_t>(get<std::uint32_t>(bytes, from)));
    put(list, to + 2, get<std::uint16_t>(bytes, from + 8));
    put(list, to + 4, get<std::uint32_t>(bytes, from + 4));
  }
  return std::string(as_text(list));
}

class AttributeCollection {
public:
  void add(std::uint8_t flags, std::string_view name, std::string value) {
    if ((flags & (k_incomplete | k_parent)) != 0) return;
    const auto* list = std::ranges::find(k_access_lists, name, &AccessListName::stored);
    if ((flags & k_root) != 0 && list != k_access_lists.end()) {
      attributes_.push_back({std::string(list->name), access_list(value)});
      return;
    }
    const char* prefix = (flags & k_secure) != 0 ? "security."
                         : (flags & k_root) != 0 ? "trusted."
                                                 : "user.";
    if (name.empty() || name.find('\0') != std::string_view::npos)
      throw_corrupt_xfs("an extended attribute has an impossible name");
    attributes_.push_back({prefix + std::string(name), std::move(value)});
  }

  std::vector<tree::ExtendedAttribute> take() {
    std::ranges::sort(attributes_);
    return std::move(attributes_);
  }

private:
  std::vector<tree::ExtendedAttribute> attributes_;
};

void add_short(std::span<const std::byte> bytes, AttributeCollection& found) {
  if (bytes.size() < 4) throw_corrupt_xfs("the attributes of an inode are cut off");
  const std::size_t count = get<std::uint8_t>(bytes, 2);
  std::size_t offset = 4;
  for (std::size_t index = 0; index < count; ++index) {
    if (bytes.size() - offset < 3) throw_corrupt_xfs("the attributes of an inode are cut off");
    const std::size_t name = get<std::uint8_t>(bytes, offset);
    const std::size_t value = get<std::uint8_t>(bytes, offset + 1);
    const auto flags = get<std::uint8_t>(bytes, offset + 2);
    offset += 3;
    if (bytes.size() - offset < name + value)
      throw_corrupt_xfs("the attributes of an inode are cut off");
    found.add(flags, as_text(bytes.subspan(offset, name)),
              std::string(as_text(bytes.subspan(offset + name, value))));
    offset += name + value;
  }
}

/// Attributes in blocks of their own.
class AttributeBlocks {
public:
  AttributeBlocks(const XfsVolume& volume, const XfsInode& inode)
      : fork_(volume, inode, inode.attributes) {}

  void add_all(AttributeCollection& found) const {
    std::uint64_t left = 0;
    for (const XfsExtent& extent : fork_.extents())
      left += extent.count;
    std::optional<std::uint64_t> next = first_leaf();
    while (next) {
      if (left-- == 0) throw_corrupt_xfs("the attributes of an inode never end");
      const Bytes block = fork_.read(k_xfs_attribute_block, *next);
      if (get<std::uint16_t>(block, 8) != k_leaf_magic)
        throw_corrupt_xfs("a block of attributes is none");
      add_leaf(block, found);
      const auto forward = get<std::uint32_t>(block, 0);
      next = forward == 0 ? std::nullopt : std::optional<std::uint64_t>(forward);
    }
  }

private:
  std::uint64_t first_leaf() const {
    std::uint64_t offset = 0;
    unsigned last_level = 6; // one more than there can be
    while (true) {
      const Bytes block = fork_.read(k_xfs_attribute_block, offset);
      if (get<std::uint16_t>(block, 8) != k_node_magic) return offset;
      const unsigned level = get<std::uint16_t>(block, 58);
      if (get<std::uint16_t>(block, 56) == 0 || level == 0 || level >= last_level)
        throw_corrupt_xfs("the index of an inode's attributes contradicts itself");
      last_level = level;
      offset = get<std::uint32_t>(block, k_node_entries + 4);
    }
  }

  void add_leaf(std::span<const std::byte> block, AttributeCollection& found) const {
    const std::size_t count = get<std::uint16_t>(block, 56);
    if (count > (block.size() - k_leaf_entries) / 8)
      throw_corrupt_xfs("a block of attributes contradicts itself");
    for (std::size_t index = 0; index < count; ++index) {
      const std::size_t entry = k_leaf_entries + index * 8;
      const std::size_t place = get<std::uint16_t>(block, entry + 4);
      const auto flags = get<std::uint8_t>(block, entry + 6);
      // Leaves are filled from their end, so that the first name may have less than nine bytes
      // there.
      if (place > block.size()) throw_corrupt_xfs("a block of attributes contradicts itself");
      if ((flags & k_local) != 0) {
        add_local(block.subspan(place), flags, found);
      } else {
        add_remote(block.subspan(place), flags, found);
      }
    }
  }

  static void add_local(std::span<const std::byte> bytes, std::uint8_t flags,
                        AttributeCollection& found) {
    if (bytes.size() < k_local_head) throw_corrupt_xfs("a block of attributes contradicts itself");
    const std::size_t value = get<std::uint16_t>(bytes, 0);
    const std::size_t name = get<std::uint8_t>(bytes, 2);
    if (bytes.size() - k_local_head < name + value)
      throw_corrupt_xfs("a block of attributes contradicts itself");
    found.add(flags, as_text(bytes.subspan(k_local_head, name)),
              std::string(as_text(bytes.subspan(k_local_head + name, value))));
  }

  void add_remote(std::span<const std::byte> bytes, std::uint8_t flags,
                  AttributeCollection& found) const {
    if (bytes.size() < k_remote_head) throw_corrupt_xfs("a block of attributes contradicts itself");
    const std::size_t name = get<std::uint8_t>(bytes, 8);
    if (bytes.size() - k_remote_head < name)
      throw_corrupt_xfs("a block of attributes contradicts itself");
    // One that is not complete has no value yet.
    if ((flags & (k_incomplete | k_parent)) != 0) return;
    found.add(flags, as_text(bytes.subspan(k_remote_head, name)),
              remote_value(get<std::uint32_t>(bytes, 0), get<std::uint32_t>(bytes, 4)));
  }

  std::string remote_value(std::uint64_t offset, std::size_t length) const {
    if (length > k_longest_value) throw_corrupt_xfs("an extended attribute is too long");
    return fork_.read_text({.magic = k_remote_magic,
                            .offset = offset,
                            .length = length,
                            .name = "the value of an extended attribute"});
  }

  XfsForkBlocks fork_;
};

} // namespace

std::vector<tree::ExtendedAttribute> xfs_attributes(const XfsVolume& volume,
                                                    const XfsInode& inode) {
  if (inode.attributes.bytes.empty()) return {};
  AttributeCollection found;
  if (inode.attributes.format == XfsForkFormat::local) {
    add_short(inode.attributes.bytes, found);
  } else if (inode.attributes.extent_count > 0) {
    AttributeBlocks(volume, inode).add_all(found);
  }
  return found.take();
}

} // namespace imagewright::disk
