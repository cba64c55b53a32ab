// SPDX-License-Identifier: MIT
#pragma once

// Symbolic links followed inside a tree that is read, not mounted.

#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace imagewright::base {

/// What stands at a path, links too.
struct FoundName {
  std::optional<std::string> link_target; ///< absent: no link
};

/// Looks at one absolute path whose directories are no links. Nothing when it does not exist.
using NameLookup = std::function<std::optional<FoundName>(const std::string& path)>;

/// The path with every link followed, ".." within the tree's root, as Linux does it
/// (path_resolution(7)). Nothing when a part of it does not exist, or after 40 links.
std::optional<std::string> follow_links(std::string_view path, const NameLookup& look_up);

} // namespace imagewright::base
