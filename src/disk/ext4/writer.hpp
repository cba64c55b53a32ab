// SPDX-License-Identifier: MIT
#pragma once

// Writes a planned tree as an ext4 filesystem.

#include <cstdint>
#include <functional>

#include <imagewright/base/byte_size.hpp>
#include <imagewright/base/cancellation.hpp>
#include <imagewright/tree/root_tree.hpp>

#include "disk/block_device.hpp"
#include "disk/ext4/plan.hpp"

namespace imagewright::disk {

/// Called with the number of bytes and the path of each file that was written.
using FileObserver = std::function<void(std::uint64_t bytes, const std::string& path)>;

/// Gives the space that is in use afterwards.
base::ByteSize write_ext4(BlockDevice& device, const Ext4Plan& plan, const tree::RootTree& tree,
                          const FileObserver& observe, const base::Cancellation& cancellation);

} // namespace imagewright::disk
