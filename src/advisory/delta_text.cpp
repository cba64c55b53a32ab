// SPDX-License-Identifier: MIT
#include <fmt/format.h>

#include <imagewright/advisory/report.hpp>

#include "finding_table.hpp"

namespace imagewright::advisory {

namespace {

std::string with_line_end(const std::string& sentence) {
  return sentence.empty() ? "" : sentence + "\n";
}

} // namespace

std::string unknown_sentence(std::size_t before, std::size_t after) {
  if (before + after == 0) return {};
  return fmt::format(
      "Unknown: {} packages before and {} after do not say which source package they "
      "were built from; they were looked up by their own names alone.",
      before, after);
}

std::string to_text(const Delta& delta) {
  const auto& [fixed, opened, open, no_fix, regressed, unknown_before, unknown_after] = delta;
  std::string text = lines_of("fixed", fixed) + lines_of("newly open", opened) +
                     lines_of("still open", open) + lines_of("no fix", no_fix);
  // A lost fix is worth a word only when there is one.
  if (!regressed.empty()) text += lines_of("fix lost by an older version", regressed);
  return text + with_line_end(unknown_sentence(unknown_before, unknown_after));
}

std::string to_markdown(const Delta& delta) {
  const auto& [fixed, opened, open, no_fix, regressed, unknown_before, unknown_after] = delta;
  std::string text = "# Advisories\n\n";
  if (!regressed.empty()) text += table_of("Fixes lost by an older version", regressed);
  return text + table_of("Fixed", fixed) + table_of("Newly open", opened) +
         table_of("Still open", open) + table_of("No fix will come", no_fix) +
         with_line_end(unknown_sentence(unknown_before, unknown_after));
}

json::Value to_json(const Delta& delta) {
  const auto& [fixed, opened, open, no_fix, regressed, unknown_before, unknown_after] = delta;
  return json::Object{{"fixed", to_json(fixed)},
                      {"opened", to_json(opened)},
                      {"open", to_json(open)},
                      {"noFix", to_json(no_fix)},
                      {"regressed", to_json(regressed)},
                      {"unknownSource", json::Object{{"before", std::uint64_t{unknown_before}},
                                                     {"after", std::uint64_t{unknown_after}}}}};
}

} // namespace imagewright::advisory
