// SPDX-License-Identifier: MIT
#pragma once

// ext4 features by the names that mke2fs gives them.

#include <cstdint>
#include <string>
#include <vector>

namespace imagewright::disk {

/// The three feature words of the super block.
struct Ext4Features {
  std::uint32_t compatible = 0;
  std::uint32_t incompatible = 0;
  std::uint32_t read_only_compatible = 0;

  bool operator==(const Ext4Features&) const = default;
};

/// Empty `words` mean the set that a kernel 6.6 and GRUB 2.06 can read. Throws base::Error
/// (disk.feature-unsupported) for a word that is unknown or that this program cannot write, and
/// when one needs another that is missing.
Ext4Features ext4_features(const std::vector<std::string>& words);

/// Else files have maps of their blocks, as on ext2 and ext3.
bool uses_extents(const Ext4Features& features);

/// Everything that this program can write.
const Ext4Features& all_ext4_features();

} // namespace imagewright::disk
