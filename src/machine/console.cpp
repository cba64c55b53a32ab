// SPDX-License-Identifier: MIT
#include "console.hpp"

#include <cstdint>
#include <span>

#include <fmt/format.h>

#include <imagewright/base/crc32.hpp>
#include <imagewright/base/digest.hpp>
#include <imagewright/base/hex.hpp>

namespace imagewright::machine {

namespace {

constexpr std::string_view k_start = "@imagewright ";
constexpr std::size_t k_check_size = 8;
/// Nobody sends longer ones.
constexpr std::size_t k_longest_line = 65536;
constexpr std::size_t k_kept = 4096;

std::string check_value(std::string_view bytes) {
  return fmt::format("{:08x}", base::crc32(std::as_bytes(std::span(bytes))));
}

} // namespace

std::string console_line(std::string_view message) {
  return fmt::format("{}{}{}\n", k_start, check_value(message),
                     base::to_hex(std::as_bytes(std::span(message))));
}

std::optional<std::string> message_of(std::string_view line) {
  const std::size_t place = line.find(k_start);
  if (place == std::string_view::npos) return std::nullopt;
  line.remove_prefix(place + k_start.size());
  while (line.ends_with('\r'))
    line.remove_suffix(1);
  if (line.size() < k_check_size) return std::nullopt;
  auto message = base::from_hex(line.substr(k_check_size));
  if (!message || check_value(*message) != line.substr(0, k_check_size)) return std::nullopt;
  return message;
}

void ConsoleReader::take(std::string_view text) {
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    line_ += text.substr(0, end);
    if (line_.size() > k_longest_line) line_.clear();
    if (end == std::string_view::npos) return;
    text.remove_prefix(end + 1);
    take_line(line_);
    line_.clear();
  }
}

void ConsoleReader::take_line(std::string_view line) {
  if (const auto message = message_of(line)) {
    on_message_(*message);
    return;
  }
  other_ += line;
  other_ += '\n';
  if (other_.size() > k_kept) other_.erase(0, other_.size() - k_kept);
}

} // namespace imagewright::machine
