// SPDX-License-Identifier: MIT
#pragma once

// What a file's status and the record say of a name together.

#include <string>

#include <sys/stat.h>

#include <imagewright/root/snapshot.hpp>

namespace imagewright::root {

/// Without attributes, target and content.
SnapshotEntry entry_of(const WorkRoot& root, const std::string& path, const struct stat& status);

} // namespace imagewright::root
