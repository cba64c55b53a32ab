// SPDX-License-Identifier: MIT
#pragma once

// Files that nobody will see in the running system.

#include <imagewright/fs/root_dir.hpp>
#include <imagewright/model/layout.hpp>
#include <imagewright/report/reporter.hpp>
#include <imagewright/tree/root_tree.hpp>

namespace imagewright::pipeline {

/// Warns of new files below a place where the image's own fstab mounts what is no partition of it:
/// a tmpfs, another directory, a share of another machine. `tree` is the whole image, `files` its
/// root, and `layout` says what its partitions are.
void warn_of_hidden_files(const tree::RootTree& tree, const fs::RootDir& files,
                          const model::DiskLayout& layout, report::Reporter& reporter);

} // namespace imagewright::pipeline
