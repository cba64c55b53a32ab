// SPDX-License-Identifier: MIT
#include "report/progress_line.hpp"

#include <array>

#include <fmt/format.h>

#include <imagewright/base/text.hpp>

#include "report/event_text.hpp"

namespace imagewright::report {

namespace {

constexpr std::array<char, 4> k_frames{'-', '\\', '|', '/'};

bool starts_code_point(char byte) {
  return (static_cast<unsigned char>(byte) & 0xC0U) != 0x80U;
}

/// Where the code point number `count` starts, or the end of the text.
std::size_t offset_of(std::string_view text, std::size_t count) {
  std::size_t offset = 0;
  for (; offset < text.size(); ++offset) {
    if (!starts_code_point(text[offset])) continue;
    if (count == 0) return offset;
    --count;
  }
  return offset;
}

std::string bar(double fraction, std::size_t cells) {
  const auto filled = static_cast<std::size_t>(fraction * static_cast<double>(cells));
  return "[" + std::string(filled, '#') + std::string(cells - filled, '-') + "] ";
}

} // namespace

std::string clipped(std::string_view text, std::size_t width) {
  if (offset_of(text, width) == text.size()) return std::string(text);
  if (width == 0) return {};
  return std::string(text.substr(0, offset_of(text, width - 1))) + "…";
}

std::string progress_line(const OpenStage& stage, std::chrono::nanoseconds now, std::size_t frame,
                          std::size_t width) {
  constexpr std::size_t k_bar_needs = 50;
  constexpr std::size_t k_bar_cells = 20;
  std::string line = fmt::format("{} {} ", k_frames[frame % k_frames.size()], stage.name);
  const double fraction = fraction_of(stage.progress);
  if (fraction >= 0.0 && width >= k_bar_needs) line += bar(fraction, k_bar_cells);
  const std::string amounts = progress_text(stage.progress);
  line += amounts.empty() ? base::escape_controls(stage.detail) : amounts;
  // The last column stays free: some terminals wrap as soon as it is written.
  const std::string elapsed = " " + duration_text(now - stage.started);
  const std::size_t room = width > 1 ? width - 1 : 0;
  if (room <= elapsed.size()) return clipped(line, room);
  return clipped(line, room - elapsed.size()) + elapsed;
}

} // namespace imagewright::report
