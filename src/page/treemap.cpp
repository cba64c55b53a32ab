// SPDX-License-Identifier: MIT
#include <algorithm>
#include <numeric>

#include <fmt/format.h>

#include <imagewright/base/byte_size.hpp>
#include <imagewright/page/markup.hpp>
#include <imagewright/page/treemap.hpp>

namespace imagewright::page {

namespace {

constexpr Area k_picture{.left = 0, .top = 0, .width = 1000, .height = 420};
constexpr std::size_t k_most_tiles = 60;

double sum_of(const std::vector<double>& sizes, std::size_t first, std::size_t last) {
  return std::accumulate(sizes.begin() + static_cast<std::ptrdiff_t>(first),
                         sizes.begin() + static_cast<std::ptrdiff_t>(last), 0.0);
}

/// How far the worst tile of a strip [first, last) along a side of this length is from a square.
double worst_ratio(const std::vector<double>& sizes, std::size_t first, std::size_t last,
                   double side) {
  const double total = sum_of(sizes, first, last);
  const double depth = total / side;
  double worst = 1;
  for (std::size_t i = first; i < last; ++i) {
    const double length = sizes[i] / depth;
    worst = std::max({worst, length / depth, depth / length});
  }
  return worst;
}

/// Puts the strip along the shorter side of `rest`, and takes it off there.
void place_strip(const std::vector<double>& sizes, std::size_t first, std::size_t last, Area& rest,
                 std::vector<Area>& areas) {
  const double total = sum_of(sizes, first, last);
  const bool is_upright = rest.width >= rest.height;
  const double depth = total / (is_upright ? rest.height : rest.width);
  double offset = 0;
  for (std::size_t i = first; i < last; ++i) {
    const double length = sizes[i] / depth;
    areas[i] = is_upright ? Area{rest.left, rest.top + offset, depth, length}
                          : Area{rest.left + offset, rest.top, length, depth};
    offset += length;
  }
  if (is_upright) {
    rest.left += depth;
    rest.width -= depth;
  } else {
    rest.top += depth;
    rest.height -= depth;
  }
}

/// The largest ones, and the others as one.
std::vector<Portion> shown(std::vector<Portion> portions) {
  std::erase_if(portions, [](const Portion& portion) { return portion.bytes == 0; });
  std::ranges::sort(portions, [](const Portion& left, const Portion& right) {
    return left.bytes != right.bytes ? left.bytes > right.bytes : left.label < right.label;
  });
  if (portions.size() <= k_most_tiles) return portions;
  Portion others{.label = fmt::format("{} others", portions.size() - k_most_tiles + 1)};
  for (std::size_t i = k_most_tiles - 1; i < portions.size(); ++i)
    others.bytes += portions[i].bytes;
  portions.resize(k_most_tiles - 1);
  const auto place = std::ranges::find_if(
      portions, [&](const Portion& portion) { return portion.bytes < others.bytes; });
  portions.insert(place, others);
  return portions;
}

std::string tile(const Portion& portion, const Area& area) {
  const std::string size = base::to_string(base::ByteSize(portion.bytes));
  std::string text = fmt::format(
      "<g><title>{}: {}</title><rect class=\"tile\" x=\"{:.1f}\" y=\"{:.1f}\" width=\"{:.1f}\" "
      "height=\"{:.1f}\"/>",
      escaped(portion.label), size, area.left, area.top, area.width, area.height);
  // A letter is about seven units wide.
  const auto fits = [&area](const std::string& words) {
    return area.width >= 7.0 * static_cast<double>(words.size()) + 8;
  };
  const bool has_room = area.height >= 20 && fits(portion.label);
  if (has_room)
    text += fmt::format("<text class=\"on-tile\" x=\"{:.1f}\" y=\"{:.1f}\">{}</text>",
                        area.left + 5, area.top + 15, escaped(portion.label));
  if (has_room && area.height >= 36 && fits(size))
    text += fmt::format("<text class=\"on-tile\" x=\"{:.1f}\" y=\"{:.1f}\">{}</text>",
                        area.left + 5, area.top + 30, size);
  return text + "</g>\n";
}

} // namespace

std::vector<Area> squarified(const std::vector<Portion>& portions, const Area& whole) {
  std::vector<Area> areas(portions.size());
  double total = 0;
  std::size_t count = 0; // those without bytes stand at the end
  for (const Portion& portion : portions) {
    total += static_cast<double>(portion.bytes);
    count += portion.bytes > 0 ? 1 : 0;
  }
  std::vector<double> sizes;
  for (std::size_t i = 0; i < count; ++i)
    sizes.push_back(static_cast<double>(portions[i].bytes) / total * whole.width * whole.height);
  Area rest = whole;
  for (std::size_t first = 0; first < count;) {
    const double side = std::min(rest.width, rest.height);
    std::size_t last = first + 1;
    while (last < count &&
           worst_ratio(sizes, first, last + 1, side) <= worst_ratio(sizes, first, last, side))
      ++last;
    place_strip(sizes, first, last, rest, areas);
    first = last;
  }
  return areas;
}

std::string treemap(std::string_view title, std::vector<Portion> portions) {
  portions = shown(std::move(portions));
  if (portions.empty()) return {};
  const std::vector<Area> areas = squarified(portions, k_picture);
  std::string tiles;
  for (std::size_t i = 0; i < portions.size(); ++i)
    tiles += tile(portions[i], areas[i]);
  return fmt::format("<svg role=\"img\" aria-label=\"{}\" viewBox=\"0 0 {} {}\">\n{}</svg>\n",
                     escaped(title), k_picture.width, k_picture.height, tiles);
}

} // namespace imagewright::page
