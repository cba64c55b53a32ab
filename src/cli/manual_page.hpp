// SPDX-License-Identifier: MIT
#pragma once

// The manual page, made from the tables that --help prints.

#include <string>
#include <string_view>

#include "arguments.hpp"

namespace imagewright::cli {

/// imagewright(1) in the man macros of roff.
std::string manual_page(const CommandTable& table, std::string_view version);

} // namespace imagewright::cli
