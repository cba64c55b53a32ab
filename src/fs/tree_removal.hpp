// SPDX-License-Identifier: MIT
#pragma once

// Removing a tree by descriptors: no link is followed and no mount is crossed.

#include <string>

namespace imagewright::fs {

/// Removes `name` in the directory `parent_fd` with everything below it; absence is fine. `shown`
/// is for the message. Throws base::Error (fs.cannot-write).
void remove_tree_at(int parent_fd, const std::string& name, const std::string& shown);

} // namespace imagewright::fs
