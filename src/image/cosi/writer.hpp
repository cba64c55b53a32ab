// SPDX-License-Identifier: MIT
#pragma once

// COSI 1.2.

#include "image/format.hpp"

namespace imagewright::image {

/// Compresses in one thread: what more of them write depends on their number. The request must have
/// a description of the disk. Throws base::Error (disk.no-partition-table,
/// disk.corrupt-partition-table, image.unfit-for-cosi).
void write_cosi(OutputFile& file, const SourceDisk& disk, const FormatRequest& request,
                const base::Cancellation& cancellation);

} // namespace imagewright::image
