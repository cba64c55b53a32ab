// SPDX-License-Identifier: MIT
#pragma once

// COSI 1.2.

#include <cstdint>

#include "image/format.hpp"

namespace imagewright::image {

/// Gives the size of the file. Compresses in one thread: what more of them write depends on their
/// number. The request must have a description of the disk. Throws base::Error
/// (disk.no-partition-table, disk.corrupt-partition-table, image.unfit-for-cosi).
std::uint64_t write_cosi(OutputFile& file, const SourceDisk& disk, const FormatRequest& request,
                         const base::Cancellation& cancellation);

} // namespace imagewright::image
