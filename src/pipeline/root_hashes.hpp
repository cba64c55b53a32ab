// SPDX-License-Identifier: MIT
#pragma once

// Root hashes take their places in the kernel command line, wherever that stands.

#include <imagewright/disk/write_disk.hpp>
#include <imagewright/model/layout.hpp>
#include <imagewright/model/root.hpp>

namespace imagewright::pipeline {

/// Replaces the placeholders in the sealed root's command line and in the files that hold it, which
/// keep their sizes.
void tell_root_hashes(const model::DiskLayout& layout, const disk::RootHashes& hashes,
                      model::SealedRoot& sealed);

} // namespace imagewright::pipeline
