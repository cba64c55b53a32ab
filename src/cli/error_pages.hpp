// SPDX-License-Identifier: MIT
#pragma once

// The pages of docs/errors, one for each code that a diagnostic can have.

#include <span>
#include <string_view>

namespace imagewright::cli {

struct ErrorPage {
  std::string_view code;
  std::string_view text; ///< Markdown
};

/// Sorted by code.
std::span<const ErrorPage> error_pages();

} // namespace imagewright::cli
