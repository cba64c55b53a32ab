// SPDX-License-Identifier: MIT
#pragma once

// Swap areas.

#include <imagewright/base/byte_size.hpp>
#include <imagewright/model/layout.hpp>

#include "disk/block_device.hpp"

namespace imagewright::disk {

/// Writes what mkswap writes, for pages of 4 KiB. Gives the space in use: one page.
base::ByteSize write_swap(BlockDevice& device, const model::Filesystem& filesystem);

} // namespace imagewright::disk
