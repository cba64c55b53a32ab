// SPDX-License-Identifier: MIT
#pragma once

// The message that servers expect under `ac/`: which content belongs to an entry.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <imagewright/depot/depot.hpp>

namespace imagewright::depot {

/// ActionResult of the Remote Execution API, version 2, with nothing but its output_files.
std::string action_result(const std::vector<DepotFile>& files);

/// The output_files; fields that servers add are passed over. Nothing when it is no such message.
std::optional<std::vector<DepotFile>> files_of_action_result(std::string_view bytes);

} // namespace imagewright::depot
