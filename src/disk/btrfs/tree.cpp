// SPDX-License-Identifier: MIT
#include "disk/btrfs/tree.hpp"

#include <algorithm>
#include <optional>

namespace imagewright::disk {

namespace {

constexpr std::size_t k_key = 17;
constexpr std::size_t k_item = 25;
constexpr std::size_t k_pointer = 33;

[[noreturn]] void throw_displaced() {
  throw_corrupt_btrfs("a node has other keys than its tree says");
}

class Visit {
public:
  Visit(const BtrfsVolume& volume, const BtrfsKey& first, const BtrfsKey& last,
        const BtrfsVisitor& visit)
      : volume_(volume), first_(first), last_(last), visit_(visit) {}

  void root(const BtrfsRoot& root) { node(root.address, root.level, {}); }

private:
  /// What the pointer to a node says of its keys.
  struct Bounds {
    std::optional<BtrfsKey> begin; ///< the first of them; nothing: any, or none at all
    std::optional<BtrfsKey> end;   ///< behind the last of them; nothing: any
  };

  void node(std::uint64_t address, std::uint8_t level, const Bounds& bounds) {
    const BtrfsNode node = volume_.read_node(address, level);
    const std::size_t count = get<std::uint32_t>(*node, 96);
    const std::size_t width = level == 0 ? k_item : k_pointer;
    if (count > (node->size() - k_btrfs_header) / width)
      throw_corrupt_btrfs("a node has more than fits into it");
    const auto key_at = [&](std::size_t index) -> std::optional<BtrfsKey> {
      if (index >= count) return std::nullopt;
      return btrfs_key(*node, k_btrfs_header + index * width);
    };
    // Else one node could stand in a tree any number of times, and what is below it, too.
    if (bounds.begin && key_at(0) != bounds.begin) throw_displaced();
    for (std::size_t index = 0; index < count; ++index) {
      const std::size_t place = k_btrfs_header + index * width;
      const BtrfsKey key = btrfs_key(*node, place);
      const auto next = key_at(index + 1);
      if (bounds.end && key >= *bounds.end) throw_displaced();
      if (next && *next <= key) throw_corrupt_btrfs("the keys of a node are not in order");
      if (key > last_) return;
      if (level == 0) {
        leaf_item(*node, place, key);
      } else if (!next || *next > first_) {
        this->node(get<std::uint64_t>(*node, place + k_key), static_cast<std::uint8_t>(level - 1),
                   {.begin = key, .end = next ? next : bounds.end});
      }
    }
  }

  void leaf_item(const Bytes& node, std::size_t place, const BtrfsKey& key) {
    if (key < first_) return;
    const std::size_t offset = get<std::uint32_t>(node, place + k_key);
    const std::size_t size = get<std::uint32_t>(node, place + k_key + 4);
    const std::size_t room = node.size() - k_btrfs_header;
    if (offset > room || size > room - offset)
      throw_corrupt_btrfs("an item is beyond the end of its node");
    visit_(key, std::span(node).subspan(k_btrfs_header + offset, size));
  }

  const BtrfsVolume& volume_;
  const BtrfsKey& first_;
  const BtrfsKey& last_;
  const BtrfsVisitor& visit_;
};

} // namespace

BtrfsKey btrfs_key(std::span<const std::byte> bytes, std::size_t offset) {
  return {.object = get<std::uint64_t>(bytes, offset),
          .type = get<std::uint8_t>(bytes, offset + 8),
          .offset = get<std::uint64_t>(bytes, offset + 9)};
}

void visit_btrfs_items(const BtrfsVolume& volume, const BtrfsRoot& root, const BtrfsKey& first,
                       const BtrfsKey& last, const BtrfsVisitor& visit) {
  Visit(volume, first, last, visit).root(root);
}

} // namespace imagewright::disk
