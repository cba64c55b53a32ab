// SPDX-License-Identifier: MIT
#pragma once

// How small a partition may be for what it has to hold.

#include <imagewright/base/byte_size.hpp>
#include <imagewright/disk/write_disk.hpp>

namespace imagewright::disk {

/// The smallest size, in whole MiB, at which the last partition of the request's layout holds its
/// content; the size that the layout gives it is not looked at. Exact: the writer's own plan is
/// asked. Throws base::Error (disk.filesystem-unsupported) when that partition has no ext4
/// filesystem.
base::ByteSize smallest_last_partition(const DiskRequest& request);

} // namespace imagewright::disk
