// SPDX-License-Identifier: MIT
#pragma once

// Refuses impossible layouts before anything is written.

#include <imagewright/model/layout.hpp>

namespace imagewright::disk {

/// GPT structures at the start and at the end of the disk fit into this much each.
constexpr base::ByteSize k_partition_table_size = base::ByteSize::mib(1);

/// Throws base::Error (disk.layout-invalid, disk.filesystem-unsupported).
void check_layout(const model::DiskLayout& layout);

} // namespace imagewright::disk
