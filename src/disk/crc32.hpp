// SPDX-License-Identifier: MIT
#pragma once

// The checksum of GPT (UEFI specification 2.10, section 5.3.2): CRC-32 with the polynomial of
// Ethernet.

#include <cstddef>
#include <cstdint>
#include <span>

namespace imagewright::disk {

std::uint32_t crc32(std::span<const std::byte> data);

} // namespace imagewright::disk
