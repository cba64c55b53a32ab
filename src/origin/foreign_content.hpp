// SPDX-License-Identifier: MIT
#pragma once

// What a partition holds that is not read here, told from its first bytes.

#include <string_view>

#include <imagewright/fs/byte_source.hpp>

namespace imagewright::origin {

/// What such a partition holds is no data: it is found by its name and may lie anywhere.
inline constexpr std::string_view k_swap_area = "a swap area";

/// "an XFS filesystem", "an encrypted volume (LUKS)", …; empty: nothing that has a name.
std::string_view foreign_content(const fs::ByteSource& partition);

/// Whether the partition ends with the superblock of a RAID, in front of which any filesystem may
/// stand.
bool is_raid_member(const fs::ByteSource& partition);

} // namespace imagewright::origin
