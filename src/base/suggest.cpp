// SPDX-License-Identifier: MIT
#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include <imagewright/base/suggest.hpp>
#include <imagewright/base/text.hpp>

namespace imagewright::base {

std::size_t edit_distance(std::string_view left, std::string_view right) {
  const std::size_t width = right.size() + 1;
  std::vector<std::size_t> before_previous(width);
  std::vector<std::size_t> previous(width);
  std::vector<std::size_t> current(width);
  for (std::size_t column = 0; column < width; ++column)
    previous[column] = column;
  for (std::size_t row = 1; row <= left.size(); ++row) {
    current[0] = row;
    for (std::size_t column = 1; column < width; ++column) {
      const std::size_t cost = left[row - 1] == right[column - 1] ? 0 : 1;
      current[column] =
          std::min({previous[column] + 1, current[column - 1] + 1, previous[column - 1] + cost});
      const bool is_swap = row > 1 && column > 1 && left[row - 1] == right[column - 2] &&
                           left[row - 2] == right[column - 1];
      if (is_swap) current[column] = std::min(current[column], before_previous[column - 2] + 1);
    }
    std::swap(before_previous, previous);
    std::swap(previous, current);
  }
  return previous[right.size()];
}

namespace {

/// "openssh" of "openssh-server": whoever leaves the last words out means a longer name.
bool is_beginning_of(std::string_view typed, std::string_view candidate) {
  constexpr std::size_t k_shortest = 4;
  return typed.size() >= k_shortest && candidate.size() > typed.size() + 1 &&
         candidate.starts_with(typed) &&
         std::string_view("-_.").find(candidate[typed.size()]) != std::string_view::npos;
}

} // namespace

std::vector<std::string> near_names(std::string_view typed, std::span<const std::string> candidates,
                                    std::size_t limit) {
  // A third of the word may be wrong, but a short word must not match everything.
  const std::size_t tolerance = std::clamp<std::size_t>(typed.size() / 3, 1, 4);
  const std::string wanted = to_lower(typed);
  std::vector<std::pair<std::size_t, std::string>> near;
  for (const std::string& candidate : candidates) {
    if (is_beginning_of(wanted, to_lower(candidate))) {
      near.emplace_back(tolerance, candidate);
      continue;
    }
    const std::size_t difference = candidate.size() > typed.size()
                                       ? candidate.size() - typed.size()
                                       : typed.size() - candidate.size();
    if (difference > tolerance || candidate == typed) continue;
    const std::size_t distance = edit_distance(wanted, to_lower(candidate));
    if (distance <= tolerance) near.emplace_back(distance, candidate);
  }
  std::sort(near.begin(), near.end());
  near.erase(std::unique(near.begin(), near.end()), near.end());
  std::vector<std::string> names;
  for (const auto& [distance, name] : near) {
    if (names.size() == limit) break;
    names.push_back(name);
  }
  return names;
}

std::string did_you_mean(std::string_view typed, std::span<const std::string> candidates) {
  const std::vector<std::string> names = near_names(typed, candidates);
  if (names.empty()) return {};
  std::string text = fmt::format("did you mean {}", base::quoted(names[0]));
  for (std::size_t index = 1; index < names.size(); ++index) {
    text += index + 1 == names.size() ? " or " : ", ";
    text += base::quoted(names[index]);
  }
  return text + "?";
}

} // namespace imagewright::base
