// SPDX-License-Identifier: MIT
#pragma once

// The entries of a directory on FAT (Microsoft FAT specification, sections 6 and 7).

#include <cstdint>
#include <vector>

#include "disk/fat/plan.hpp"

namespace imagewright::disk {

/// Read-only, hidden and system: what a file keeps when its volume is written anew.
constexpr std::uint8_t k_fat_kept_attributes = 0x07;

/// How many entries of 32 bytes the directory takes.
std::uint64_t fat_directory_entries(const FatPlan& plan, std::size_t directory);

/// Those entries. `tree` gives the times of the files.
std::vector<std::byte> make_fat_directory(const FatPlan& plan, const tree::RootTree& tree,
                                          std::size_t directory);

/// The checksum by which a long name knows its short one (section 7.2).
std::uint8_t short_name_checksum(const ShortName& name);

/// The volume label in the form of a short name.
ShortName fat_label(std::string_view label);

} // namespace imagewright::disk
