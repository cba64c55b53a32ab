// SPDX-License-Identifier: MIT
#include <set>
#include <string_view>

#include <fmt/format.h>

#include <imagewright/advisory/delta_note.hpp>
#include <imagewright/base/text.hpp>

#include "finding_table.hpp"

namespace imagewright::advisory {

namespace {

/// What is said of each package of a feed: vulnerabilities by package.
using Vulnerabilities = std::map<std::string, std::set<std::string>>;

void add_table(page::NoteSection& section, const char* caption,
               const std::vector<Finding>& findings) {
  if (findings.empty()) return;
  page::NoteTable table{
      .caption = caption,
      .heads = {{"vulnerability"}, {"severity"}, {"package"}, {"installed"}, {"remedy"}},
      .rows = {}};
  for (const Finding& finding : findings)
    table.rows.push_back({{finding.vulnerability},
                          {std::string(to_string(finding.severity))},
                          {finding.package},
                          {finding.installed},
                          {remedy_of(finding)}});
  section.tables.push_back(std::move(table));
}

Vulnerabilities by_package(const std::vector<Finding>& findings) {
  Vulnerabilities result;
  for (const Finding& finding : findings)
    result[finding.package].insert(finding.vulnerability);
  return result;
}

class RemarkMaker {
public:
  explicit RemarkMaker(const Delta& delta)
      : words_{{"fixes", by_package(delta.fixed)},
               {"opens", by_package(delta.opened)},
               {"loses the fix of", by_package(delta.regressed)}} {}

  std::string remark_on(const InstalledPackage& package) const {
    const std::string& source = package.source_name.empty() ? package.name : package.source_name;
    std::vector<std::string> parts;
    for (const auto& [word, vulnerabilities] : words_) {
      const auto found = vulnerabilities.find(source);
      if (found == vulnerabilities.end()) continue;
      parts.push_back(fmt::format("{} {}", word, fmt::join(found->second, ", ")));
    }
    return base::join(parts, "; ");
  }

private:
  std::vector<std::pair<std::string_view, Vulnerabilities>> words_;
};

} // namespace

page::NoteSection note_section(const Delta& delta, const Feed& feed) {
  const auto& [fixed, opened, open, no_fix, regressed, unknown_before, unknown_after] = delta;
  page::NoteSection section{
      .heading = "Advisories",
      .sentences = {fmt::format(
          "{} fixed, {} newly open, {} still open, {} without a fix, {} fixes "
          "lost; held against {}.",
          fixed.size(), opened.size(), open.size(), no_fix.size(), regressed.size(),
          feed_line(feed))},
      .tables = {}};
  if (std::string unknown = unknown_sentence(unknown_before, unknown_after); !unknown.empty())
    section.sentences.push_back(std::move(unknown));
  add_table(section, "Fixes lost by an older version", regressed);
  add_table(section, "Fixed", fixed);
  add_table(section, "Newly open", opened);
  add_table(section, "Still open", open);
  add_table(section, "No fix will come", no_fix);
  return section;
}

std::map<std::string, std::string> remarks_on_packages(const Delta& delta, const Inventory& before,
                                                       const Inventory& after) {
  const RemarkMaker maker(delta);
  std::map<std::string, std::string> remarks;
  for (const Inventory* inventory : {&before, &after}) {
    for (const InstalledPackage& package : inventory->packages) {
      if (std::string remark = maker.remark_on(package); !remark.empty())
        remarks[package.name] = std::move(remark);
    }
  }
  return remarks;
}

} // namespace imagewright::advisory
