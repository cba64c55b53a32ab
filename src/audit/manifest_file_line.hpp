// SPDX-License-Identifier: MIT
#pragma once

// One line of a manifest's list of files, taken apart again.

#include <string>

#include "difference_list.hpp"

namespace imagewright::audit {

/// By aspect: "type", "mode", "owner", "content", "target", "device", "label", other attributes.
/// A line that is not of the known form is one aspect, "description".
Aspects parse_file_line(const std::string& line);

} // namespace imagewright::audit
