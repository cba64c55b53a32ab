// SPDX-License-Identifier: MIT
#pragma once

// qcow2, version 3.

#include <imagewright/base/cancellation.hpp>
#include <imagewright/image/write_artifacts.hpp>

#include "image/output_file.hpp"
#include "image/source_disk.hpp"

namespace imagewright::image {

/// Header, level 1 table, level 2 tables, data in the order of the disk, reference counts. Units of
/// zeros are not stored. The file does not depend on `thread_count`. Throws base::Error
/// (image.size-unsupported).
void write_qcow2(OutputFile& file, const SourceDisk& disk, const ArtifactOutput& output,
                 unsigned thread_count, const base::Cancellation& cancellation);

} // namespace imagewright::image
