// SPDX-License-Identifier: MIT
#include "version_order.hpp"

#include <algorithm>

namespace imagewright::finalize {
namespace {

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

/// Takes the run of digits, or of other characters, from the beginning.
std::string_view take_run(std::string_view& text) {
  const bool wants_digits = is_digit(text.front());
  const auto end = std::ranges::find_if(text, [&](char c) { return is_digit(c) != wants_digits; });
  const auto run = text.substr(0, static_cast<std::size_t>(end - text.begin()));
  text.remove_prefix(run.size());
  return run;
}

std::string_view without_zeros(std::string_view number) {
  const auto first = number.find_first_not_of('0');
  return first == std::string_view::npos ? std::string_view() : number.substr(first);
}

int compare_runs(std::string_view left, std::string_view right) {
  if (is_digit(left.front()) && is_digit(right.front())) {
    left = without_zeros(left);
    right = without_zeros(right);
    if (left.size() != right.size()) return left.size() < right.size() ? -1 : 1;
  }
  return left.compare(right);
}

} // namespace

bool is_newer_version(std::string_view left, std::string_view right) {
  while (!left.empty() && !right.empty()) {
    const auto order = compare_runs(take_run(left), take_run(right));
    if (order != 0) return order > 0;
  }
  return !left.empty();
}

} // namespace imagewright::finalize
