// SPDX-License-Identifier: MIT
#pragma once

// The GUID partition table with its protective MBR and its backup (UEFI specification 2.10, chapter
// 5).

#include <string>

#include <imagewright/model/layout.hpp>

namespace imagewright::disk {

/// `fd` is open for reading and writing on a file of the disk's size; `path` is for messages.
/// Throws base::Error (disk.cannot-write-partition-table).
void write_partition_table(int fd, const std::string& path, const model::DiskLayout& layout);

} // namespace imagewright::disk
