// SPDX-License-Identifier: MIT
#pragma once

// Where the partitions of a base are when some of them have grown.

#include <vector>

#include <imagewright/model/architecture.hpp>
#include <imagewright/model/layout.hpp>
#include <imagewright/model/output_config.hpp>
#include <imagewright/model/storage_config.hpp>

namespace imagewright::plan {

/// The layout, whose partitions stand in their order on the disk, with what `storage.grow` asks
/// for: what is behind a partition that grows moves by whole MiB, and the disk grows by as much.
/// Throws base::InputError (customize.no-partition, customize.cannot-grow).
model::DiskLayout with_grown_partitions(model::DiskLayout layout,
                                        const std::vector<model::GrownPartition>& wishes,
                                        const model::Architecture& architecture);

/// The layout on a disk of a size that each of the formats can have: whole sectors, and whole MiB
/// for those who ask for them.
model::DiskLayout fitted_to_formats(model::DiskLayout layout,
                                    const std::vector<model::OutputImage>& outputs);

} // namespace imagewright::plan
