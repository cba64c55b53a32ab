// SPDX-License-Identifier: MIT
#include <algorithm>
#include <iterator>

#include <fmt/format.h>

#include <imagewright/advisory/report.hpp>
#include <imagewright/base/text.hpp>

#include "finding_table.hpp"

namespace imagewright::advisory {

std::string remedy_of(const Finding& finding) {
  switch (finding.status) {
  case Status::no_fix:
    return "no fix will come";
  case Status::suppressed:
    return finding.reason;
  case Status::unknown:
    return "the vendor investigates";
  case Status::affected:
  case Status::fixed:
    break;
  }
  return finding.fixed_in.empty() ? "no fix is known" : "fixed in " + finding.fixed_in;
}

std::string feed_line(const Feed& feed) {
  return fmt::format("{} {}, {}", to_string(feed.kind), base::escape_controls(feed.file),
                     feed.made ? "made " + base::to_iso8601(*feed.made)
                               : std::string("which does not say when it was made"));
}

namespace {

/// What would end or divide a cell of a Markdown table.
std::string cell(const std::string& text) {
  std::string result;
  for (const char character : base::escape_controls(text)) {
    if (character == '|' || character == '\\' || character == '<' || character == '`')
      result += '\\';
    result += character;
  }
  return result;
}

std::string unknown_line(const Verdict& verdict) {
  if (verdict.unknown.empty()) return "";
  return fmt::format("unknown: {} packages do not say which source package they were built from; "
                     "they were looked up by their own names alone\n",
                     verdict.unknown.size());
}

std::string subject_of(const Inventory& inventory) {
  return inventory.container_image.empty()
             ? inventory.file
             : fmt::format("{} in {}", inventory.container_image, inventory.file);
}

std::string containers_line(const Inventory& inventory) {
  if (inventory.container_images == 0) return "";
  return fmt::format("not looked at: what is in {} container {} (--container-image NAME)\n",
                     inventory.container_images,
                     inventory.container_images == 1 ? "image" : "images");
}

} // namespace

std::vector<Finding> with_status(const Verdict& verdict, Status status) {
  std::vector<Finding> chosen;
  std::copy_if(verdict.findings.begin(), verdict.findings.end(), std::back_inserter(chosen),
               [&](const Finding& finding) { return finding.status == status; });
  return chosen;
}

std::string lines_of(std::string_view heading, const std::vector<Finding>& findings) {
  std::string text = fmt::format("{}: {}\n", heading, findings.size());
  for (const Finding& finding : findings) {
    text += base::escape_controls(fmt::format("  {} {} {} {}, {}", finding.vulnerability,
                                              to_string(finding.severity), finding.package,
                                              finding.installed, remedy_of(finding))) +
            "\n";
  }
  return text;
}

std::string table_of(std::string_view heading, const std::vector<Finding>& findings) {
  std::string text = fmt::format("## {} ({})\n\n", heading, findings.size());
  if (findings.empty()) return text + "None.\n\n";
  text += "| vulnerability | severity | package | installed | remedy |\n|---|---|---|---|---|\n";
  for (const Finding& finding : findings) {
    text += fmt::format("| {} | {} | {} | {} | {} |\n", cell(finding.vulnerability),
                        to_string(finding.severity), cell(finding.package), cell(finding.installed),
                        cell(remedy_of(finding)));
  }
  return text + "\n";
}

namespace {

// Most kinds of feeds cannot say it.
std::string investigated_lines(const Verdict& verdict) {
  const std::vector<Finding> findings = with_status(verdict, Status::unknown);
  return findings.empty() ? "" : lines_of("unknown, under investigation", findings);
}

std::string investigated_table(const Verdict& verdict) {
  const std::vector<Finding> findings = with_status(verdict, Status::unknown);
  return findings.empty() ? "" : table_of("Unknown, under investigation", findings);
}

} // namespace

std::string to_text(const Report& report) {
  return fmt::format(
      "{} packages of {} against {}\n{}{}{}{}{}{}fixed: {}\n", report.inventory.packages.size(),
      base::escape_controls(subject_of(report.inventory)), feed_line(report.feed),
      lines_of("affected", with_status(report.verdict, Status::affected)),
      lines_of("no fix", with_status(report.verdict, Status::no_fix)),
      lines_of("suppressed", with_status(report.verdict, Status::suppressed)),
      investigated_lines(report.verdict), unknown_line(report.verdict),
      containers_line(report.inventory), with_status(report.verdict, Status::fixed).size());
}

std::string to_markdown(const Report& report) {
  return fmt::format("# Advisories\n\n{} packages of {}, held against {}.\n\n{}{}{}{}{}{}",
                     report.inventory.packages.size(), cell(subject_of(report.inventory)),
                     cell(feed_line(report.feed)),
                     table_of("Affected", with_status(report.verdict, Status::affected)),
                     table_of("No fix will come", with_status(report.verdict, Status::no_fix)),
                     table_of("Suppressed", with_status(report.verdict, Status::suppressed)),
                     investigated_table(report.verdict), unknown_line(report.verdict),
                     containers_line(report.inventory));
}

} // namespace imagewright::advisory
