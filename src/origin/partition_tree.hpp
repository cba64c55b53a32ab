// SPDX-License-Identifier: MIT
#pragma once

// What one partition of the base is to hold.

#include <optional>
#include <string>

#include <imagewright/origin/rewritten_disk.hpp>

namespace imagewright::origin {

/// The tree of one filesystem, cut out of the whole one, with what mount points hide in it.
tree::RootTree with_hidden_files(tree::RootTree part, const DiskRequest& request,
                                 std::size_t filesystem);

/// The first path at which the tree is not what the base has; nothing when it is the same.
std::optional<std::string> first_difference(const tree::RootTree& part, const DiskRequest& request,
                                            std::size_t filesystem);

} // namespace imagewright::origin
