// SPDX-License-Identifier: MIT
#pragma once

// One line of a manifest's list of files, taken apart again.

#include <functional>
#include <map>
#include <string>

namespace imagewright::audit {

/// What is known about one thing, by aspect.
using Aspects = std::map<std::string, std::string, std::less<>>;

/// By aspect: "type", "mode", "owner", "content", "target", "device", "label",
/// "capabilities", "package", other attributes.
/// A line that is not of the known form is one aspect, "description".
Aspects parse_file_line(const std::string& line);

} // namespace imagewright::audit
