// SPDX-License-Identifier: MIT
#pragma once

// Items of a Btrfs tree in the order of their keys.

#include <compare>
#include <cstdint>
#include <functional>
#include <span>

#include "disk/btrfs/volume.hpp"

namespace imagewright::disk {

struct BtrfsKey {
  std::uint64_t object = 0;
  std::uint8_t type = 0;
  std::uint64_t offset = 0;

  auto operator<=>(const BtrfsKey&) const = default;
};

inline constexpr std::uint64_t k_btrfs_last = ~std::uint64_t{0};

/// Of a tree.
struct BtrfsRoot {
  std::uint64_t address = 0; ///< logical
  std::uint8_t level = 0;
};

BtrfsKey btrfs_key(std::span<const std::byte> bytes, std::size_t offset);

using BtrfsVisitor = std::function<void(const BtrfsKey& key, std::span<const std::byte> item)>;

/// Visits every item from `first` to `last`, both included. Throws base::Error
/// (disk.corrupt-filesystem).
void visit_btrfs_items(const BtrfsVolume& volume, const BtrfsRoot& root, const BtrfsKey& first,
                       const BtrfsKey& last, const BtrfsVisitor& visit);

} // namespace imagewright::disk
