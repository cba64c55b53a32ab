// SPDX-License-Identifier: MIT
#include <algorithm>

#include <fmt/format.h>

#include <imagewright/base/error.hpp>
#include <imagewright/base/text.hpp>
#include <imagewright/lint/lint.hpp>

namespace imagewright::lint {

std::string_view to_string(Outcome outcome) {
  switch (outcome) {
  case Outcome::passed:
    return "passed";
  case Outcome::broken:
    return "broken";
  case Outcome::allowed:
    return "allowed";
  case Outcome::unknown:
    return "unknown";
  }
  throw base::BugError("unknown outcome");
}

std::size_t LintReport::broken_count() const {
  return static_cast<std::size_t>(std::ranges::count_if(rules, [](const RuleResult& rule) {
    return rule.outcome == Outcome::broken || rule.outcome == Outcome::unknown;
  }));
}

std::string to_text(const LintReport& report) {
  std::string text;
  std::size_t passed = 0;
  for (const RuleResult& rule : report.rules) {
    if (rule.outcome == Outcome::passed) {
      ++passed;
      continue;
    }
    text += fmt::format("{} {}: {}\n", to_string(rule.outcome), rule.id, rule.sentence);
    for (const std::string& finding : rule.findings)
      text += fmt::format("  {}\n", base::escape_controls(finding));
    if (rule.outcome != Outcome::unknown) text += fmt::format("  hint: {}\n", rule.hint);
  }
  return text + fmt::format("{}, as {}: {} of {} rules hold\n", base::escape_controls(report.file),
                            to_string(report.kind), passed, report.rules.size());
}

json::Value to_json(const LintReport& report) {
  json::Array rules;
  for (const RuleResult& rule : report.rules) {
    json::Array findings;
    for (const std::string& finding : rule.findings)
      findings.emplace_back(base::escape_controls(finding));
    rules.push_back(json::Object{{"id", rule.id},
                                 {"sentence", rule.sentence},
                                 {"outcome", std::string(to_string(rule.outcome))},
                                 {"findings", std::move(findings)},
                                 {"hint", rule.hint}});
  }
  return json::Object{{"imagewrightLint", 1},
                      {"file", base::escape_controls(report.file)},
                      {"kind", std::string(to_string(report.kind))},
                      {"broken", static_cast<std::int64_t>(report.broken_count())},
                      {"rules", std::move(rules)}};
}

} // namespace imagewright::lint
