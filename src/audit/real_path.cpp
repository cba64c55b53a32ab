// SPDX-License-Identifier: MIT
#include <deque>
#include <vector>

#include <imagewright/audit/real_path.hpp>
#include <imagewright/base/text.hpp>

namespace imagewright::audit {

namespace {

/// As many as the kernel follows.
constexpr int k_most_links = 40;

void put_before(std::deque<std::string>& rest, const std::string& target) {
  const std::vector<std::string> parts = base::split(target, '/');
  rest.insert(rest.begin(), parts.begin(), parts.end());
}

} // namespace

std::optional<std::string> real_path(std::string_view path, const FindLink& find_link) {
  std::deque<std::string> rest;
  put_before(rest, std::string(path));
  std::string real;
  int links = 0;
  while (!rest.empty()) {
    const std::string part = rest.front();
    rest.pop_front();
    if (part.empty() || part == ".") continue;
    if (part == "..") {
      real.resize(real.empty() ? 0 : real.rfind('/'));
      continue;
    }
    const std::string next = real + "/" + part;
    const auto target = rest.empty() ? std::nullopt : find_link(next);
    if (!target) {
      real = next;
      continue;
    }
    if (++links > k_most_links) return std::nullopt;
    if (target->starts_with("/")) real.clear();
    put_before(rest, *target);
  }
  return real.empty() ? "/" : real;
}

} // namespace imagewright::audit
