// SPDX-License-Identifier: MIT
#pragma once

// Writes a planned FAT volume.

#include <imagewright/base/byte_size.hpp>
#include <imagewright/base/cancellation.hpp>
#include <imagewright/tree/root_tree.hpp>

#include "disk/block_device.hpp"
#include "disk/fat/plan.hpp"
#include "disk/filesystem.hpp"

namespace imagewright::disk {

/// Gives the space that is in use afterwards.
base::ByteSize write_fat(BlockDevice& device, const FatPlan& plan, const tree::RootTree& tree,
                         const FileObserver& observe, const base::Cancellation& cancellation);

} // namespace imagewright::disk
