// SPDX-License-Identifier: MIT
#pragma once

// Recognises on the serial console that a boot will never succeed, so that nobody waits for the
// timeout.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace imagewright::boot {

enum class BootStop : std::uint8_t { kernel_panic, emergency_mode, not_bootable };

/// Sees the console in pieces of any size.
class SerialWatch {
public:
  /// What the text so far means, once it means the end.
  std::optional<BootStop> see(std::string_view text);
  std::optional<BootStop> found() const { return found_; }
  /// The last complete line that says something, without escape sequences.
  const std::string& last_line() const { return last_line_; }

private:
  void see_line();

  std::string line_;
  std::string last_line_;
  std::optional<BootStop> found_;
};

/// The text without the escape sequences of ECMA-48 and without other control characters.
std::string without_escapes(std::string_view text);

} // namespace imagewright::boot
