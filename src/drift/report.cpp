// SPDX-License-Identifier: MIT
#include <algorithm>
#include <array>

#include <fmt/format.h>

#include <imagewright/base/error.hpp>
#include <imagewright/base/text.hpp>
#include <imagewright/base/url.hpp>
#include <imagewright/drift/report.hpp>

namespace imagewright::drift {

namespace {

constexpr std::array k_classes = {DriftClass::unexplained, DriftClass::unreadable,
                                  DriftClass::explained, DriftClass::expected};
constexpr std::array k_kinds = {FindingKind::file, FindingKind::package, FindingKind::setting};
/// What Node Problem Detector keeps of a plugin's output.
constexpr std::size_t k_longest_message = 80;

std::string line(const Finding& finding) {
  return fmt::format("  {}: {} ({})\n", base::escape_controls(finding.subject),
                     base::escape_controls(finding.what), base::escape_controls(finding.reason));
}

std::size_t count(const Report& report, DriftClass drift_class, FindingKind kind) {
  return static_cast<std::size_t>(
      std::count_if(report.findings.begin(), report.findings.end(), [&](const Finding& finding) {
        return finding.drift_class == drift_class && finding.kind == kind;
      }));
}

/// SARIF wants a URI, relative to the root.
std::string uri_of(std::string_view path) {
  return base::percent_encoded_path(path.substr(path.starts_with("/") ? 1 : 0));
}

json::Value sarif_result(const Finding& finding) {
  const bool is_bad = finding.drift_class == DriftClass::unexplained ||
                      finding.drift_class == DriftClass::unreadable;
  json::Object result{
      {"ruleId", std::string("drift.") + std::string(to_string(finding.drift_class))},
      {"level", is_bad ? "error" : "note"},
      {"message",
       json::Object{{"text", fmt::format("{}: {} ({})", base::escape_controls(finding.subject),
                                         base::escape_controls(finding.what),
                                         base::escape_controls(finding.reason))}}}};
  if (finding.kind == FindingKind::file) {
    const std::string uri = uri_of(finding.subject);
    result.emplace_back(
        "locations",
        json::Array{json::Object{
            {"physicalLocation",
             json::Object{{"artifactLocation", json::Object{{"uri", uri.empty() ? "." : uri}}}}}}});
  }
  return result;
}

} // namespace

std::string_view to_string(DriftClass drift_class) {
  switch (drift_class) {
  case DriftClass::expected:
    return "expected";
  case DriftClass::explained:
    return "explained";
  case DriftClass::unexplained:
    return "unexplained";
  case DriftClass::unreadable:
    return "unreadable";
  }
  throw base::BugError("unknown class of drift");
}

std::string_view to_string(FindingKind kind) {
  switch (kind) {
  case FindingKind::file:
    return "file";
  case FindingKind::package:
    return "package";
  case FindingKind::setting:
    return "setting";
  }
  throw base::BugError("unknown kind of finding");
}

std::size_t Report::count(DriftClass drift_class) const {
  return static_cast<std::size_t>(
      std::count_if(findings.begin(), findings.end(),
                    [&](const Finding& finding) { return finding.drift_class == drift_class; }));
}

std::string to_text(const Report& report) {
  std::string text = fmt::format(
      "{}: {} files, {} packages, {}\n", report.image, report.file_count, report.package_count,
      report.is_running ? fmt::format("{} checks of the running system", report.check_count)
                        : std::string("not running"));
  for (const DriftClass drift_class : k_classes) {
    const std::size_t number = report.count(drift_class);
    if (number == 0) continue;
    text += fmt::format("{}: {}\n", to_string(drift_class), number);
    for (const Finding& finding : report.findings) {
      if (finding.drift_class == drift_class) text += line(finding);
    }
  }
  return text;
}

json::Value to_json(const Report& report) {
  json::Object counts;
  for (const DriftClass drift_class : k_classes) {
    counts.emplace_back(std::string(to_string(drift_class)),
                        static_cast<std::uint64_t>(report.count(drift_class)));
  }
  json::Array findings;
  for (const Finding& finding : report.findings) {
    findings.push_back(json::Object{{"kind", to_string(finding.kind)},
                                    {"subject", base::escape_controls(finding.subject)},
                                    {"class", to_string(finding.drift_class)},
                                    {"what", base::escape_controls(finding.what)},
                                    {"reason", base::escape_controls(finding.reason)}});
  }
  return json::Object{{"imagewrightDrift", 1},
                      {"image", report.image},
                      {"running", report.is_running},
                      {"fileCount", static_cast<std::uint64_t>(report.file_count)},
                      {"packageCount", static_cast<std::uint64_t>(report.package_count)},
                      {"checkCount", static_cast<std::uint64_t>(report.check_count)},
                      {"counts", std::move(counts)},
                      {"findings", std::move(findings)}};
}

json::Value to_sarif(const Report& report) {
  json::Array results;
  for (const Finding& finding : report.findings)
    results.push_back(sarif_result(finding));
  json::Array rules;
  for (const DriftClass drift_class : k_classes) {
    rules.push_back(json::Object{
        {"id", "drift." + std::string(to_string(drift_class))},
        {"shortDescription", json::Object{{"text", "a difference from the image, " +
                                                       std::string(to_string(drift_class))}}}});
  }
  return json::Object{
      {"$schema", "https://json.schemastore.org/sarif-2.1.0.json"},
      {"version", "2.1.0"},
      {"runs", json::Array{json::Object{
                   {"tool", json::Object{{"driver", json::Object{{"name", "imagewright"},
                                                                 {"version", report.tool_version},
                                                                 {"rules", std::move(rules)}}}}},
                   {"results", std::move(results)}}}}};
}

std::string to_prometheus(const Report& report) {
  std::string text = "# HELP imagewright_drift_findings Differences between this node and its "
                     "image.\n# TYPE imagewright_drift_findings gauge\n";
  // Each pair is always there: what is missing cannot be told from what is zero.
  for (const DriftClass drift_class : k_classes) {
    for (const FindingKind kind : k_kinds) {
      text += fmt::format("imagewright_drift_findings{{class=\"{}\",kind=\"{}\"}} {}\n",
                          to_string(drift_class), to_string(kind),
                          drift::count(report, drift_class, kind));
    }
  }
  text += fmt::format("# HELP imagewright_drift_files Files of the image that were compared.\n"
                      "# TYPE imagewright_drift_files gauge\nimagewright_drift_files {}\n",
                      report.file_count);
  text += fmt::format("# HELP imagewright_drift_checks Checks of the running system.\n"
                      "# TYPE imagewright_drift_checks gauge\nimagewright_drift_checks {}\n",
                      report.check_count);
  return text;
}

std::string to_npd(const Report& report) {
  const std::size_t unexplained = report.count(DriftClass::unexplained);
  const std::size_t unreadable = report.count(DriftClass::unreadable);
  std::string text = "node is its image";
  if (unexplained + unreadable > 0) {
    text = fmt::format("drift: {} unexplained, {} unreadable", unexplained, unreadable);
    for (const Finding& finding : report.findings) {
      if (finding.drift_class != DriftClass::unexplained) continue;
      text += ", " + base::escape_controls(finding.subject);
      break;
    }
  }
  return text.substr(0, k_longest_message) + "\n";
}

} // namespace imagewright::drift
