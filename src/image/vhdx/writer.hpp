// SPDX-License-Identifier: MIT
#pragma once

// Dynamic VHDX.

#include <imagewright/base/cancellation.hpp>
#include <imagewright/base/uuid.hpp>

#include "image/output_file.hpp"
#include "image/source_disk.hpp"

namespace imagewright::image {

/// Throws base::Error (image.size-unsupported) for a disk that VHDX cannot hold.
void check_vhdx_size(std::uint64_t disk_size);

void write_vhdx(OutputFile& file, const SourceDisk& disk, const base::Uuid& disk_uuid,
                const base::Cancellation& cancellation);

} // namespace imagewright::image
