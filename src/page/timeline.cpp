// SPDX-License-Identifier: MIT
#include <algorithm>

#include <fmt/format.h>

#include <imagewright/page/markup.hpp>
#include <imagewright/page/timeline.hpp>

namespace imagewright::page {

namespace {

constexpr double k_width = 1000;
constexpr double k_labels = 260; ///< where the bars begin
constexpr double k_bars = 620;   ///< the rest is for the times behind the bars
constexpr double k_row = 24;

std::string time_text(std::chrono::milliseconds time) {
  if (time.count() < 1000) return fmt::format("{} ms", time.count());
  return fmt::format("{:.1f} s", static_cast<double>(time.count()) / 1000);
}

std::string row_of(const Span& span, std::size_t number, std::chrono::milliseconds end) {
  const auto place = [&](std::chrono::milliseconds time) {
    return k_bars * static_cast<double>(time.count()) / static_cast<double>(end.count());
  };
  const double top = k_row * static_cast<double>(number);
  const double left = k_labels + place(span.start);
  // Something so short that it would not be seen is still there.
  const double width = std::max(1.5, place(span.duration));
  const double indent = 14.0 * static_cast<double>(std::min<std::uint32_t>(span.depth, 6));
  const std::string time = time_text(span.duration);
  return fmt::format(
      "<g><title>{0}: {1}{2}</title><text x=\"{3:.1f}\" y=\"{4:.1f}\">{0}</text>"
      "<rect class=\"{5}\" x=\"{6:.1f}\" y=\"{7:.1f}\" width=\"{8:.1f}\" height=\"14\" rx=\"2\"/>"
      "<text class=\"soft\" x=\"{9:.1f}\" y=\"{4:.1f}\">{1}</text></g>\n",
      escaped(span.label), time, span.note.empty() ? "" : ", " + escaped(span.note), indent,
      top + 16, span.depth == 0 ? "bar" : "inner", left, top + 5, width, left + width + 6);
}

} // namespace

std::string timeline(std::string_view title, const std::vector<Span>& spans) {
  if (spans.empty()) return {};
  std::chrono::milliseconds end{1};
  for (const Span& span : spans)
    end = std::max(end, span.start + span.duration);
  std::string rows;
  for (std::size_t i = 0; i < spans.size(); ++i)
    rows += row_of(spans[i], i, end);
  return fmt::format("<svg role=\"img\" aria-label=\"{}\" viewBox=\"0 0 {} {}\">\n{}</svg>\n",
                     escaped(title), k_width, k_row * static_cast<double>(spans.size()), rows);
}

} // namespace imagewright::page
