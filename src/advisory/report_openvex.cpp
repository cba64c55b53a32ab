// SPDX-License-Identifier: MIT
#include <algorithm>
#include <array>

#include <fmt/format.h>

#include <imagewright/advisory/report.hpp>
#include <imagewright/base/digest.hpp>
#include <imagewright/base/error.hpp>

#include "package_url.hpp"

// OpenVEX 0.2.0.

namespace imagewright::advisory {

namespace {

using json::Array;
using json::Object;

constexpr std::array<std::string_view, 5> k_justifications{
    "component_not_present", "vulnerable_code_not_present", "vulnerable_code_not_in_execute_path",
    "vulnerable_code_cannot_be_controlled_by_adversary", "inline_mitigations_already_exist"};

void add_status(Object& statement, const Finding& finding) {
  switch (finding.status) {
  case Status::affected:
    statement.emplace_back("status", "affected");
    statement.emplace_back("action_statement", finding.fixed_in.empty()
                                                   ? "No version without it is known yet."
                                                   : "Update to " + finding.fixed_in + ".");
    return;
  case Status::no_fix:
    statement.emplace_back("status", "affected");
    statement.emplace_back("action_statement", "The vendor will not fix it.");
    return;
  case Status::suppressed: {
    const bool is_word = std::find(k_justifications.begin(), k_justifications.end(),
                                   finding.reason) != k_justifications.end();
    statement.emplace_back("status", finding.reason == "fixed" ? "fixed" : "not_affected");
    if (finding.reason != "fixed")
      statement.emplace_back(is_word ? "justification" : "impact_statement", finding.reason);
    return;
  }
  case Status::unknown:
    statement.emplace_back("status", "under_investigation");
    return;
  case Status::fixed:
    statement.emplace_back("status", "fixed");
    return;
  }
  throw base::BugError("unknown status");
}

json::Value statement_of(const Finding& finding) {
  const PackageUrl url{finding.package, base::PackageVersion::parse(finding.installed)};
  Object statement{{"vulnerability", Object{{"name", finding.vulnerability}}},
                   {"products", Array{Object{{"@id", to_text(url)}}}}};
  add_status(statement, finding);
  return statement;
}

} // namespace

json::Value to_openvex(const Report& report, base::Epoch time) {
  Array statements;
  for (const Finding& finding : report.verdict.findings)
    statements.push_back(statement_of(finding));
  const std::string text = json::to_line(statements) + base::to_iso8601(time);
  const std::string digest = base::digest_of(text).to_string();
  return Object{
      {"@context", "https://openvex.dev/ns/v0.2.0"},
      {"@id", "https://openvex.dev/docs/public/vex-" + digest.substr(digest.find(':') + 1)},
      {"author", "imagewright"},
      {"timestamp", base::to_iso8601(time)},
      {"version", 1},
      {"tooling", "imagewright " + report.tool_version},
      {"statements", std::move(statements)}};
}

} // namespace imagewright::advisory
