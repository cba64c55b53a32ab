// SPDX-License-Identifier: MIT
#pragma once

// Fixed and dynamic VHD.

#include <imagewright/base/cancellation.hpp>

#include "image/output_file.hpp"
#include "image/source_disk.hpp"
#include "image/vhd/footer.hpp"

namespace imagewright::image {

/// Throws base::Error (image.size-unsupported) for a disk that VHD cannot hold.
void check_vhd_size(std::uint64_t disk_size);

void write_dynamic_vhd(OutputFile& file, const SourceDisk& disk, const DiskIdentity& identity,
                       const base::Cancellation& cancellation);

} // namespace imagewright::image
