// SPDX-License-Identifier: MIT
#include <algorithm>
#include <filesystem>
#include <map>
#include <set>
#include <utility>

#include <fmt/format.h>

#include <imagewright/base/digest.hpp>
#include <imagewright/base/shown_diagnostic.hpp>
#include <imagewright/base/text.hpp>
#include <imagewright/base/url.hpp>
#include <imagewright/config/annotations.hpp>

namespace imagewright::config {

namespace {

using json::Array;
using json::Object;
using json::Value;

std::string_view sarif_level(base::Severity severity) {
  switch (severity) {
  case base::Severity::error:
    return "error";
  case base::Severity::warning:
    return "warning";
  case base::Severity::note:
    break;
  }
  return "note";
}

std::string_view command_for(base::Severity severity) {
  switch (severity) {
  case base::Severity::error:
    return "error";
  case base::Severity::warning:
    return "warning";
  case base::Severity::note:
    break;
  }
  return "notice";
}

std::string_view gitlab_severity(base::Severity severity) {
  switch (severity) {
  case base::Severity::error:
    return "critical";
  case base::Severity::warning:
    return "minor";
  case base::Severity::note:
    break;
  }
  return "info";
}

/// Message, context and hint in one text, a line each.
std::string full_text(const base::Diagnostic& told) {
  const base::Diagnostic diagnostic = base::without_secrets(told);
  std::string text = base::escape_controls(diagnostic.message);
  for (const std::string& line : diagnostic.context)
    text += "\n" + base::escape_controls(line);
  if (!diagnostic.hint.empty()) text += "\nhint: " + base::escape_controls(diagnostic.hint);
  return text;
}

Object location_of(const base::SourceLocation& where) {
  Object physical{{"artifactLocation", Object{{"uri", base::uri_of_file(where.file)}}}};
  if (where.line > 0) {
    Object region{{"startLine", where.line}};
    if (where.column > 0) region.emplace_back("startColumn", where.column);
    physical.emplace_back("region", std::move(region));
  }
  return {{"physicalLocation", std::move(physical)}};
}

Object result_of(const base::Diagnostic& diagnostic) {
  Object result{{"ruleId", diagnostic.code},
                {"level", sarif_level(diagnostic.severity)},
                {"message", Object{{"text", full_text(diagnostic)}}}};
  if (diagnostic.where) result.emplace_back("locations", Array{location_of(*diagnostic.where)});
  Array related;
  for (const base::RelatedLocation& each : diagnostic.related) {
    Object location = location_of(each.where);
    location.emplace_back("message", Object{{"text", base::without_secrets(each.message)}});
    related.push_back(std::move(location));
  }
  if (!related.empty()) result.emplace_back("relatedLocations", std::move(related));
  return result;
}

/// The paragraphs of a page without its title, each on one line.
std::vector<std::string> paragraphs_of(std::string_view page) {
  std::vector<std::string> paragraphs(1);
  for (const std::string& line : base::split(page, '\n')) {
    if (line.starts_with("# ")) continue;
    std::string& last = paragraphs.back();
    if (!line.empty()) {
      last += (last.empty() ? "" : " ") + line;
    } else if (!last.empty()) {
      paragraphs.emplace_back();
    }
  }
  if (paragraphs.back().empty()) paragraphs.pop_back();
  return paragraphs;
}

/// "**Why it matters.** Because." without the words that every page has.
std::string without_heading(const std::string& paragraph) {
  const std::size_t end = paragraph.find(".** ");
  return paragraph.starts_with("**") && end != std::string::npos ? paragraph.substr(end + 4)
                                                                 : paragraph;
}

std::string first_sentence(const std::string& text) {
  return text.substr(0, std::min(text.find(". "), text.size() - 1) + 1);
}

Object text_object(const std::string& text) {
  return Object{{"text", text}};
}

Object rule_of(const std::string& code, const SarifTool& tool) {
  Object rule{{"id", code}};
  const std::string_view page = tool.page_of ? tool.page_of(code) : std::string_view();
  const std::vector<std::string> paragraphs = paragraphs_of(page);
  if (paragraphs.empty()) return rule;
  std::string description;
  std::string advice;
  for (const std::string& paragraph : paragraphs) {
    const bool is_advice = !advice.empty() || paragraph.starts_with("**What to do");
    std::string& text = is_advice ? advice : description;
    text += (text.empty() ? "" : " ") + without_heading(paragraph);
  }
  if (description.empty()) description = advice;
  rule.emplace_back("shortDescription", text_object(first_sentence(description)));
  rule.emplace_back("fullDescription", text_object(description));
  rule.emplace_back("help",
                    Object{{"text", advice.empty() ? description : advice}, {"markdown", page}});
  if (!tool.pages_url.empty())
    rule.emplace_back("helpUri", fmt::format("{}{}.md", tool.pages_url, code));
  return rule;
}

std::string escaped_data(std::string_view text) {
  std::string result;
  for (const char character : text) {
    switch (character) {
    case '%':
      result += "%25";
      break;
    case '\r':
      result += "%0D";
      break;
    case '\n':
      result += "%0A";
      break;
    default:
      result += character;
    }
  }
  return result;
}

std::string escaped_property(std::string_view text) {
  std::string result;
  for (const char character : escaped_data(text)) {
    if (character == ':') {
      result += "%3A";
    } else if (character == ',') {
      result += "%2C";
    } else {
      result += character;
    }
  }
  return result;
}

} // namespace

json::Value to_sarif(const std::vector<base::Diagnostic>& diagnostics, const SarifTool& tool) {
  std::set<std::string> codes;
  Array results;
  for (const base::Diagnostic& each : diagnostics) {
    codes.insert(each.code);
    results.push_back(result_of(each));
  }
  Array rules;
  for (const std::string& code : codes)
    rules.push_back(rule_of(code, tool));
  Object driver{{"name", "imagewright"}, {"version", tool.version}};
  if (!tool.pages_url.empty()) driver.emplace_back("informationUri", tool.pages_url);
  driver.emplace_back("rules", std::move(rules));
  Object run{{"tool", Object{{"driver", std::move(driver)}}},
             {"columnKind", "unicodeCodePoints"},
             {"results", std::move(results)}};
  return Object{{"$schema", "https://json.schemastore.org/sarif-2.1.0.json"},
                {"version", "2.1.0"},
                {"runs", Array{std::move(run)}}};
}

std::string to_github_annotations(const std::vector<base::Diagnostic>& diagnostics) {
  std::string text;
  for (const base::Diagnostic& each : diagnostics) {
    std::string properties = fmt::format("title={}", escaped_property(each.code));
    if (each.where) {
      properties = fmt::format("file={},{}", escaped_property(each.where->file), properties);
      if (each.where->line > 0) properties += fmt::format(",line={}", each.where->line);
      if (each.where->column > 0) properties += fmt::format(",col={}", each.where->column);
    }
    text += fmt::format("::{} {}::{}\n", command_for(each.severity), properties,
                        escaped_data(full_text(each)));
  }
  return text;
}

json::Value to_gitlab_report(const std::vector<base::Diagnostic>& diagnostics,
                             std::string_view file) {
  std::map<std::string, int> seen;
  Array report;
  for (const base::Diagnostic& each : diagnostics) {
    const std::string path =
        std::filesystem::path(each.where ? each.where->file : file).lexically_normal().string();
    // Without the line: it is the same mistake where something was added above it.
    const std::string subject = fmt::format("{}\n{}\n{}", path, each.code, each.message);
    const std::string fingerprint =
        base::digest_of(fmt::format("{}\n{}", subject, seen[subject]++)).hex;
    const std::uint32_t line = each.where ? std::max<std::uint32_t>(each.where->line, 1) : 1;
    report.push_back(
        Object{{"description", full_text(each)},
               {"check_name", each.code},
               {"fingerprint", fingerprint},
               {"severity", gitlab_severity(each.severity)},
               {"location", Object{{"path", path}, {"lines", Object{{"begin", line}}}}}});
  }
  return report;
}

} // namespace imagewright::config
