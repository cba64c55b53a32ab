// SPDX-License-Identifier: MIT
#include <deque>
#include <vector>

#include <imagewright/base/follow_links.hpp>
#include <imagewright/base/text.hpp>

namespace imagewright::base {

namespace {

// What Linux follows at most (MAXSYMLINKS).
constexpr int k_most_links = 40;

void push_front(std::deque<std::string>& parts, std::string_view path) {
  const std::vector<std::string> pieces = split(path, '/');
  for (auto piece = pieces.rbegin(); piece != pieces.rend(); ++piece) {
    if (!piece->empty() && *piece != ".") parts.push_front(*piece);
  }
}

} // namespace

std::optional<std::string> follow_links(std::string_view path, const NameLookup& look_up) {
  std::deque<std::string> parts;
  push_front(parts, path);
  std::string resolved;
  int links = 0;
  while (!parts.empty()) {
    const std::string part = parts.front();
    parts.pop_front();
    if (part == "..") {
      resolved.resize(resolved.empty() ? 0 : resolved.rfind('/'));
      continue;
    }
    std::string next = resolved + "/" + part;
    const std::optional<FoundName> found = look_up(next);
    if (!found) return std::nullopt;
    if (!found->link_target) {
      resolved = std::move(next);
      continue;
    }
    if (++links > k_most_links) return std::nullopt;
    if (found->link_target->starts_with('/')) resolved.clear();
    push_front(parts, *found->link_target);
  }
  return resolved.empty() ? "/" : resolved;
}

} // namespace imagewright::base
