// SPDX-License-Identifier: MIT
#pragma once

// Writes a planned tree as an ext4 filesystem.

#include <cstdint>

#include <imagewright/base/byte_size.hpp>
#include <imagewright/base/cancellation.hpp>
#include <imagewright/tree/root_tree.hpp>

#include "disk/block_device.hpp"
#include "disk/ext4/plan.hpp"
#include "disk/filesystem.hpp"

namespace imagewright::disk {

/// Gives the space that is in use afterwards.
base::ByteSize write_ext4(BlockDevice& device, const Ext4Plan& plan, const tree::RootTree& tree,
                          const FileObserver& observe, const base::Cancellation& cancellation);

} // namespace imagewright::disk
