// SPDX-License-Identifier: MIT
#include <imagewright/base/path_pattern.hpp>
#include <imagewright/base/text.hpp>

namespace imagewright::base {
namespace {

enum class Depth { same, any };

bool matches(std::string_view path, std::string_view pattern, Depth depth) {
  const auto parts = split(path, '/');
  const auto wanted = split(pattern, '/');
  if (parts.size() < wanted.size()) return false;
  if (depth == Depth::same && parts.size() != wanted.size()) return false;
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    if (!matches_glob(parts[i], wanted[i])) return false;
  }
  return true;
}

} // namespace

bool matches_path_pattern(std::string_view path, std::string_view pattern) {
  return matches(path, pattern, Depth::same);
}

bool is_at_or_below_pattern(std::string_view path, std::string_view pattern) {
  return matches(path, pattern, Depth::any);
}

} // namespace imagewright::base
