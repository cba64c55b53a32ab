// SPDX-License-Identifier: MIT
#pragma once

// Which of two kernel releases is newer.

#include <string_view>

namespace imagewright::finalize {

/// Compares numbers as numbers and everything else as text: "6.6.10" is newer than "6.6.9".
bool is_newer_version(std::string_view left, std::string_view right);

} // namespace imagewright::finalize
