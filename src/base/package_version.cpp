// SPDX-License-Identifier: MIT
#include <charconv>

#include <fmt/format.h>

#include <imagewright/base/package_version.hpp>

namespace imagewright::base {

namespace {

bool is_digit(char character) {
  return character >= '0' && character <= '9';
}

bool is_letter(char character) {
  return (character >= 'a' && character <= 'z') || (character >= 'A' && character <= 'Z');
}

void skip_separators(std::string_view& text) {
  while (!text.empty() && !is_digit(text.front()) && !is_letter(text.front()) &&
         text.front() != '~' && text.front() != '^')
    text.remove_prefix(1);
}

std::string_view take_run(std::string_view& text, bool (*belongs)(char)) {
  std::size_t length = 0;
  while (length < text.size() && belongs(text[length]))
    ++length;
  const std::string_view run = text.substr(0, length);
  text.remove_prefix(length);
  return run;
}

std::string_view without_zeros(std::string_view number) {
  const auto first = number.find_first_not_of('0');
  return first == std::string_view::npos ? std::string_view() : number.substr(first);
}

std::weak_ordering ordering_of(int order) {
  return order < 0   ? std::weak_ordering::less
         : order > 0 ? std::weak_ordering::greater
                     : std::weak_ordering::equivalent;
}

/// How a mark that only one side has at this place decides; nothing when neither side has it.
std::optional<std::weak_ordering> decide_by_mark(std::string_view& left, std::string_view& right) {
  const bool left_has_tilde = left.starts_with('~');
  const bool right_has_tilde = right.starts_with('~');
  if (left_has_tilde != right_has_tilde)
    return left_has_tilde ? std::weak_ordering::less : std::weak_ordering::greater;
  const bool left_has_caret = left.starts_with('^');
  const bool right_has_caret = right.starts_with('^');
  if (left_has_caret != right_has_caret) {
    if (left.empty()) return std::weak_ordering::less;
    if (right.empty()) return std::weak_ordering::greater;
    return left_has_caret ? std::weak_ordering::less : std::weak_ordering::greater;
  }
  if (left_has_tilde || left_has_caret) {
    left.remove_prefix(1);
    right.remove_prefix(1);
    return std::weak_ordering::equivalent;
  }
  return std::nullopt;
}

std::weak_ordering compare_numbers(std::string_view left, std::string_view right) {
  left = without_zeros(left);
  right = without_zeros(right);
  if (left.size() != right.size()) return left.size() <=> right.size();
  return ordering_of(left.compare(right));
}

} // namespace

std::weak_ordering compare_version_text(std::string_view left, std::string_view right) {
  while (!left.empty() || !right.empty()) {
    skip_separators(left);
    skip_separators(right);
    if (const auto decided = decide_by_mark(left, right)) {
      if (*decided != std::weak_ordering::equivalent) return *decided;
      continue;
    }
    if (left.empty() || right.empty()) break;
    const bool left_is_number = is_digit(left.front());
    // A number is newer than letters.
    if (left_is_number != is_digit(right.front()))
      return left_is_number ? std::weak_ordering::greater : std::weak_ordering::less;
    const auto belongs = left_is_number ? is_digit : is_letter;
    const std::string_view left_run = take_run(left, belongs);
    const std::string_view right_run = take_run(right, belongs);
    const std::weak_ordering order = left_is_number ? compare_numbers(left_run, right_run)
                                                    : ordering_of(left_run.compare(right_run));
    if (order != std::weak_ordering::equivalent) return order;
  }
  return !left.empty() <=> !right.empty();
}

std::weak_ordering compare_versions(const PackageVersion& left, const PackageVersion& right) {
  if (left.epoch != right.epoch) return left.epoch <=> right.epoch;
  const std::weak_ordering order = compare_version_text(left.version, right.version);
  if (order != std::weak_ordering::equivalent || left.release.empty() || right.release.empty())
    return order;
  return compare_version_text(left.release, right.release);
}

std::optional<PackageVersion> PackageVersion::parse(std::string_view text) {
  PackageVersion result;
  if (const auto colon = text.find(':'); colon != std::string_view::npos) {
    const char* end = text.data() + colon;
    const auto [stopped, error] = std::from_chars(text.data(), end, result.epoch);
    if (error != std::errc() || stopped != end) return std::nullopt;
    text.remove_prefix(colon + 1);
  }
  const auto dash = text.rfind('-');
  result.version = text.substr(0, dash);
  if (dash != std::string_view::npos) {
    result.release = text.substr(dash + 1);
    if (result.release.empty()) return std::nullopt;
  }
  if (result.version.empty() || result.version.find(' ') != std::string::npos) return std::nullopt;
  return result;
}

std::string PackageVersion::to_string() const {
  return fmt::format("{}{}{}{}", epoch == 0 ? "" : fmt::format("{}:", epoch), version,
                     release.empty() ? "" : "-", release);
}

} // namespace imagewright::base
