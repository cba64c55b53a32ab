// SPDX-License-Identifier: MIT
#pragma once

// Text to a descriptor whose reader may be slow or gone.

#include <cstddef>
#include <string_view>

namespace imagewright::report {

/// Writes all of `text`, waiting while a non-blocking descriptor is full. A reader that is gone
/// loses the text: progress is not worth a failed build.
void write_text(int fd, std::string_view text) noexcept;

/// How many columns the terminal has; 80 when it does not say.
std::size_t terminal_width(int fd) noexcept;

} // namespace imagewright::report
