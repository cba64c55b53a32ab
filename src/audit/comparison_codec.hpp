// SPDX-License-Identifier: MIT
#pragma once

// A comparison as bytes, from the worker that made it.

#include <string>
#include <string_view>

#include <imagewright/audit/comparison.hpp>

namespace imagewright::audit {

std::string encode(const Comparison& comparison);

/// Throws base::BugError for bytes that are no comparison.
Comparison decode_comparison(std::string_view bytes);

} // namespace imagewright::audit
