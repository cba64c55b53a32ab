// SPDX-License-Identifier: MIT
#pragma once

// Whether a tree that another process tells of can be one.

#include <string_view>

#include <imagewright/tree/root_tree.hpp>

namespace imagewright::tree {

/// An absolute path without empty parts, "." and "..", and without a zero byte.
bool is_plain_path(std::string_view path);

/// Every name stands once, in order, behind a directory that holds it; every file has as many names
/// as it says, and properties that files can have. Throws base::BugError with the reason why not:
/// for what decodes the answer of somebody who may lie. What passes can be walked and written
/// without another look; where content stands is not looked at.
void require_possible(const RootTree& tree);

} // namespace imagewright::tree
