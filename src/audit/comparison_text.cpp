// SPDX-License-Identifier: MIT
#include <fmt/format.h>

#include <imagewright/audit/comparison.hpp>
#include <imagewright/base/text.hpp>

#include "comparison_words.hpp"

namespace imagewright::audit {

namespace {

constexpr std::size_t k_shown_digits = 12;

} // namespace

// The first digits of a digest tell it apart.
std::string shown(const std::string& value) {
  std::string text = base::escape_controls(value);
  for (const std::string_view algorithm : {"sha256:", "sha384:", "sha512:"}) {
    const std::size_t start = text.find(algorithm);
    if (start == std::string::npos) continue;
    const std::size_t digits = start + algorithm.size();
    std::size_t end = text.find_first_not_of("0123456789abcdef", digits);
    if (end == std::string::npos) end = text.size();
    if (end - digits > k_shown_digits) {
      text.replace(digits + k_shown_digits, end - digits - k_shown_digits, "…");
    }
  }
  return text;
}

namespace {

/// Texts may come from an image and go to a terminal.
std::string shown_side(const std::optional<std::string>& value) {
  if (!value) return "nothing";
  return value->empty() ? "\"\"" : shown(*value);
}

std::string line_for(const Difference& difference) {
  const std::string subject = base::escape_controls(difference.subject);
  if (difference.aspect == "presence") {
    const auto& value = difference.after ? difference.after : difference.before;
    return fmt::format("  {} {}{}\n", difference.after ? '+' : '-', subject,
                       value->empty() ? "" : " " + shown_side(value));
  }
  if (difference.before == difference.after) {
    return fmt::format("  ~ {}: {}, {}\n", subject, difference.aspect,
                       shown_side(difference.before));
  }
  return fmt::format("  ~ {}: {} {} → {}\n", subject, base::escape_controls(difference.aspect),
                     shown_side(difference.before), shown_side(difference.after));
}

std::string utf8(const std::string& text) {
  return base::is_valid_utf8(text) ? text : base::escape_controls(text);
}

json::Value side(const std::optional<std::string>& value) {
  return value ? json::Value(utf8(*value)) : json::Value(nullptr);
}

json::Array to_json(const std::vector<SizeChange>& changes) {
  json::Array array;
  const auto size_of = [](const std::optional<std::uint64_t>& size) {
    return size ? json::Value(*size) : json::Value(nullptr);
  };
  for (const SizeChange& change : changes)
    array.push_back(json::Object{{"subject", utf8(change.subject)},
                                 {"before", size_of(change.before)},
                                 {"after", size_of(change.after)}});
  return array;
}

} // namespace

std::string to_text(const Comparison& comparison) {
  std::string text;
  for (const DifferenceSection& section : comparison.sections) {
    text += base::escape_controls(section.title) + "\n";
    for (const Difference& difference : section.differences)
      text += line_for(difference);
  }
  if (!comparison.not_compared.empty()) text += "not compared\n";
  for (const std::string& what : comparison.not_compared)
    text += fmt::format("  {}\n", base::escape_controls(what));
  return text;
}

json::Value to_json(const Comparison& comparison) {
  json::Array sections;
  for (const DifferenceSection& section : comparison.sections) {
    json::Array differences;
    for (const Difference& difference : section.differences) {
      differences.push_back(json::Object{{"subject", utf8(difference.subject)},
                                         {"aspect", utf8(difference.aspect)},
                                         {"before", side(difference.before)},
                                         {"after", side(difference.after)}});
    }
    sections.push_back(
        json::Object{{"title", utf8(section.title)}, {"differences", std::move(differences)}});
  }
  json::Array not_compared;
  for (const std::string& what : comparison.not_compared)
    not_compared.emplace_back(utf8(what));
  return json::Object{{"imagewrightDifferences", 1},
                      {"equal", comparison.is_equal()},
                      {"notCompared", std::move(not_compared)},
                      {"packageSizes", to_json(comparison.package_sizes)},
                      {"directorySizes", to_json(comparison.directory_sizes)},
                      {"sections", std::move(sections)}};
}

} // namespace imagewright::audit
