// SPDX-License-Identifier: MIT
#include "boot/serial_watch.hpp"

#include <array>
#include <utility>

#include <imagewright/base/text.hpp>

namespace imagewright::boot {

namespace {

/// A console without line ends must not fill the memory.
constexpr std::size_t k_longest_line = 4096;

/// Words of the Linux kernel, of dracut and systemd, and of EDK II.
constexpr std::array<std::pair<std::string_view, BootStop>, 7> k_signs{{
    {"Kernel panic - not syncing", BootStop::kernel_panic},
    {"You are in emergency mode", BootStop::emergency_mode},
    {"Entering emergency mode", BootStop::emergency_mode},
    {"Press Enter for emergency shell", BootStop::emergency_mode},
    {"No bootable option or device was found", BootStop::not_bootable},
    {"UEFI Interactive Shell", BootStop::not_bootable},
    {"No bootable device", BootStop::not_bootable},
}};

constexpr char k_escape = '\x1b';

/// The position after the escape sequence that begins at `start` (ECMA-48, section 5.4: final bytes
/// are 0x40 to 0x7E).
std::size_t end_of_escape(std::string_view text, std::size_t start) {
  std::size_t at = start + 1;
  if (at >= text.size()) return at;
  if (text[at] != '[') return at + 1;
  ++at;
  while (at < text.size() && (text[at] < '@' || text[at] > '~'))
    ++at;
  return at + 1;
}

} // namespace

std::string without_escapes(std::string_view text) {
  std::string plain;
  for (std::size_t at = 0; at < text.size();) {
    if (text[at] == k_escape) {
      at = end_of_escape(text, at);
      continue;
    }
    const auto byte = static_cast<unsigned char>(text[at]);
    if (byte >= 0x20 && byte != 0x7f) plain += text[at];
    ++at;
  }
  return plain;
}

std::optional<BootStop> SerialWatch::see(std::string_view text) {
  for (const char byte : text) {
    if (byte == '\n' || line_.size() >= k_longest_line) {
      see_line();
      line_.clear();
    }
    if (byte != '\n') line_ += byte;
  }
  return found_;
}

void SerialWatch::see_line() {
  const std::string plain = without_escapes(line_);
  const std::string_view words = base::trimmed(plain);
  if (words.empty()) return;
  last_line_ = words;
  if (found_) return;
  for (const auto& [sign, meaning] : k_signs) {
    if (words.find(sign) != std::string_view::npos) {
      found_ = meaning;
      return;
    }
  }
}

} // namespace imagewright::boot
