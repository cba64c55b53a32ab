// SPDX-License-Identifier: MIT
#pragma once

// The structures of VHD (Microsoft "Virtual Hard Disk Image Format Specification", October 2006).

#include <cstdint>
#include <span>
#include <vector>

#include "image/format.hpp"

namespace imagewright::image {

constexpr std::uint64_t k_vhd_sector = 512;
constexpr std::uint64_t k_vhd_block = std::uint64_t{2} << 20U;
constexpr std::uint64_t k_vhd_dynamic_header_size = 1024;
constexpr std::uint32_t k_vhd_unused_block = UINT32_MAX;
/// The most that a dynamic disk may have.
constexpr std::uint64_t k_vhd_largest_disk = std::uint64_t{2040} << 30U;

enum class VhdKind : std::uint8_t { fixed = 2, dynamic = 3, differencing = 4 };

/// The hard disk footer.
std::vector<std::byte> make_vhd_footer(VhdKind kind, std::uint64_t disk_size,
                                       const DiskIdentity& identity);
/// The dynamic disk header that stands after the first copy of the footer.
std::vector<std::byte> make_vhd_dynamic_header(std::uint64_t table_offset,
                                               std::uint32_t table_entries);
/// The one's complement of the sum of all bytes but those of the checksum itself.
std::uint32_t vhd_checksum(std::span<const std::byte> structure, std::size_t checksum_offset);

constexpr std::size_t k_vhd_footer_checksum = 64;
constexpr std::size_t k_vhd_header_checksum = 36;

} // namespace imagewright::image
