// SPDX-License-Identifier: MIT
#pragma once

// The options of mount(8), separated by commas.

#include <string_view>

namespace imagewright::model {

/// Whether one of the options is exactly this.
bool has_mount_option(std::string_view options, std::string_view wanted);

} // namespace imagewright::model
