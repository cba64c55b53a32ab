// SPDX-License-Identifier: MIT
#include <map>

#include <fmt/format.h>

#include <imagewright/advisory/report.hpp>
#include <imagewright/base/error.hpp>
#include <imagewright/base/url.hpp>

#include "finding_table.hpp"

namespace imagewright::advisory {

namespace {

using json::Array;
using json::Object;

/// SARIF 2.1.0, section 3.27.10.
std::string_view level_of(const Finding& finding) {
  switch (finding.severity) {
  case Severity::critical:
  case Severity::high:
  case Severity::unknown:
    return "error";
  case Severity::medium:
    return "warning";
  case Severity::low:
    return "note";
  }
  throw base::BugError("unknown severity");
}

std::string sentence_of(const Finding& finding) {
  const std::string remedy = finding.status == Status::no_fix ? "no fix will come"
                             : finding.fixed_in.empty()       ? "no fix is known"
                                                              : "fixed in " + finding.fixed_in;
  return fmt::format("{} affects {} {}; {}", finding.vulnerability, finding.package,
                     finding.installed, remedy);
}

json::Value result_of(const Finding& finding, const std::string& file) {
  return Object{
      {"ruleId", finding.vulnerability},
      {"level", level_of(finding)},
      {"message", Object{{"text", sentence_of(finding)}}},
      {"locations",
       Array{Object{
           {"physicalLocation",
            Object{{"artifactLocation", Object{{"uri", base::uri_of_file(file)}}}}},
           {"logicalLocations", Array{Object{{"name", finding.package}, {"kind", "package"}}}}}}},
      {"partialFingerprints", Object{{"package", finding.vulnerability + " " + finding.package}}}};
}

} // namespace

json::Value to_json(const Finding& finding) {
  Object object{{"vulnerability", finding.vulnerability}, {"package", finding.package},
                {"advisory", finding.identifier},         {"severity", to_string(finding.severity)},
                {"status", to_string(finding.status)},    {"installed", finding.installed}};
  if (!finding.fixed_in.empty()) object.emplace_back("fixedIn", finding.fixed_in);
  if (!finding.reason.empty()) object.emplace_back("reason", finding.reason);
  return object;
}

json::Value to_json(const std::vector<Finding>& findings) {
  Array array;
  for (const Finding& finding : findings)
    array.push_back(to_json(finding));
  return array;
}

json::Value to_json(const Report& report) {
  Array unknown;
  for (const std::string& name : report.verdict.unknown)
    unknown.emplace_back(name);
  Object feed{{"kind", to_string(report.feed.kind)}, {"file", report.feed.file}};
  if (report.feed.made) feed.emplace_back("made", base::to_iso8601(*report.feed.made));
  Object object{{"imagewrightAdvisories", 1}, {"packages", report.inventory.file}};
  if (!report.inventory.container_image.empty())
    object.emplace_back("containerImage", report.inventory.container_image);
  object.emplace_back("packageCount", std::uint64_t{report.inventory.packages.size()});
  // Whose packages nobody has asked for.
  if (report.inventory.container_images != 0)
    object.emplace_back("otherContainerImages", std::uint64_t{report.inventory.container_images});
  object.emplace_back("feed", std::move(feed));
  object.emplace_back("findings", to_json(report.verdict.findings));
  object.emplace_back("unknownSource", std::move(unknown));
  return object;
}

json::Value to_sarif(const Report& report) {
  std::map<std::string, json::Value> rules;
  Array results;
  for (const Finding& finding : open_findings(report.verdict, Severity::unknown)) {
    rules.emplace(finding.vulnerability,
                  Object{{"id", finding.vulnerability},
                         {"shortDescription", Object{{"text", finding.vulnerability}}}});
    results.push_back(result_of(finding, report.inventory.file));
  }
  Array rule_list;
  for (auto& [name, rule] : rules)
    rule_list.push_back(std::move(rule));
  return Object{
      {"$schema", "https://json.schemastore.org/sarif-2.1.0.json"},
      {"version", "2.1.0"},
      {"runs", Array{Object{{"tool", Object{{"driver", Object{{"name", "imagewright"},
                                                              {"version", report.tool_version},
                                                              {"rules", std::move(rule_list)}}}}},
                            {"results", std::move(results)}}}}};
}

} // namespace imagewright::advisory
