// SPDX-License-Identifier: MIT
#pragma once

// What has grown and what has shrunk.

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include <imagewright/audit/comparison.hpp>
#include <imagewright/audit/manifest_file_line.hpp>
#include <imagewright/model/package.hpp>

namespace imagewright::audit {

/// Bytes by what takes them.
using Sizes = std::map<std::string, std::uint64_t>;

/// By name and architecture, all versions together.
Sizes sizes_of(const std::vector<model::LockedPackage>& packages);

/// Adds the files of one tree that is mounted at `prefix` (empty: the root) to their directories.
void add_directory_sizes(Sizes& sizes, const std::map<std::string, Aspects>& files,
                         const std::string& prefix = {});

/// Only what differs, the largest change first, then by name.
std::vector<SizeChange> size_changes(const Sizes& before, const Sizes& after);

} // namespace imagewright::audit
