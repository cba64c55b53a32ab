// SPDX-License-Identifier: MIT
#pragma once

// Where a path leads in a tree that is known as a table.

#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace imagewright::audit {

/// Where the link at a real path points; nothing when there is no link.
using FindLink = std::function<std::optional<std::string>(const std::string& path)>;

/// The path with every link in it followed but the last part: "/bin/sh" becomes "/usr/bin/sh" where
/// "/bin" is a link. Nothing for links in circles.
std::optional<std::string> real_path(std::string_view path, const FindLink& find_link);

} // namespace imagewright::audit
