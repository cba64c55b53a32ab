// SPDX-License-Identifier: MIT
#pragma once

// Exceptions that cross the border of a process.

#include <exception>
#include <string>
#include <string_view>

namespace imagewright::sandbox {

/// The exception as bytes. What the host refused (std::system_error, std::bad_alloc) keeps its
/// type; other foreign exceptions become base::BugError with their text.
std::string encode_exception(const std::exception& exception);

/// Throws what encode_exception was given.
[[noreturn]] void throw_decoded(std::string_view bytes);

} // namespace imagewright::sandbox
