// SPDX-License-Identifier: MIT
#pragma once

// The entries of a directory on FAT (Microsoft FAT specification, sections 6 and 7).

#include <cstdint>
#include <vector>

#include "disk/fat/plan.hpp"

namespace imagewright::disk {

/// What a file keeps when its volume is written anew, as flags of an inode: read-only, hidden and
/// system, that it is not to be archived, and which parts of its name are small. They stand where
/// no other filesystem has a flag that it keeps.
std::uint32_t fat_flags(std::uint8_t attributes, std::uint8_t small_parts);
std::uint8_t fat_attributes_of(std::uint32_t flags);
std::uint8_t fat_small_parts_of(std::uint32_t flags);

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
