// SPDX-License-Identifier: MIT
#pragma once

// Checksums of on-disk formats: 32 bits, least significant bit first, all ones before and inverted
// after.

#include <cstddef>
#include <cstdint>
#include <span>

namespace imagewright::base {

/// CRC-32 with the polynomial of Ethernet: GPT (UEFI specification 2.10, section 5.3.2).
std::uint32_t crc32(std::span<const std::byte> data);

/// CRC-32C with the polynomial of Castagnoli (RFC 3720, appendix B.4): VHDX.
std::uint32_t crc32c(std::span<const std::byte> data);

} // namespace imagewright::base
