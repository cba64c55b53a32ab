// SPDX-License-Identifier: MIT
#include <fmt/format.h>

#include <imagewright/advisory/report.hpp>

#include "finding_table.hpp"

namespace imagewright::advisory {

std::string to_text(const Delta& delta) {
  const auto& [fixed, opened, open, no_fix, regressed] = delta;
  std::string text = lines_of("fixed", fixed) + lines_of("newly open", opened) +
                     lines_of("still open", open) + lines_of("no fix", no_fix);
  // A lost fix is worth a word only when there is one.
  if (!regressed.empty()) text += lines_of("fix lost by an older version", regressed);
  return text;
}

std::string to_markdown(const Delta& delta) {
  const auto& [fixed, opened, open, no_fix, regressed] = delta;
  std::string text = "# Advisories\n\n";
  if (!regressed.empty()) text += table_of("Fixes lost by an older version", regressed);
  return text + table_of("Fixed", fixed) + table_of("Newly open", opened) +
         table_of("Still open", open) + table_of("No fix will come", no_fix);
}

json::Value to_json(const Delta& delta) {
  const auto& [fixed, opened, open, no_fix, regressed] = delta;
  return json::Object{{"fixed", to_json(fixed)},
                      {"opened", to_json(opened)},
                      {"open", to_json(open)},
                      {"noFix", to_json(no_fix)},
                      {"regressed", to_json(regressed)}};
}

} // namespace imagewright::advisory
