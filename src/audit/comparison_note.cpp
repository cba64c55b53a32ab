// SPDX-License-Identifier: MIT
#include <algorithm>
#include <map>

#include <fmt/format.h>

#include <imagewright/audit/comparison_note.hpp>
#include <imagewright/base/byte_size.hpp>

#include "comparison_words.hpp"

namespace imagewright::audit {

namespace {

using page::Cell;

constexpr std::size_t k_most_rows = 100; ///< of lists whose end nobody reads

Cell number(std::string text) {
  return {.text = std::move(text), .kind = Cell::Kind::number};
}

/// Sections of a package set; those of locks name an architecture.
bool is_of_packages(const DifferenceSection& section) {
  return section.title == "packages" || section.title.starts_with("packages for ");
}

bool is_of_files(const DifferenceSection& section) {
  return section.title == "files" || section.title.starts_with("partition ");
}

std::string capitalized(std::string text) {
  if (!text.empty() && text[0] >= 'a' && text[0] <= 'z')
    text[0] = static_cast<char>(text[0] - 'a' + 'A');
  return text;
}

std::string value_of(const std::optional<std::string>& value) {
  return value ? shown(*value) : "";
}

/// The name of "openssl.x86_64".
std::string name_of(const std::string& subject) {
  return subject.substr(0, subject.rfind('.'));
}

void cut(page::NoteSection& section, page::NoteTable& table) {
  if (table.rows.size() <= k_most_rows) return;
  section.sentences.push_back(fmt::format("The first {} of {} are shown; the differences as JSON "
                                          "have all of them.",
                                          k_most_rows, table.rows.size()));
  table.rows.resize(k_most_rows);
}

page::NoteTable packages_table(const DifferenceSection& section, const PackageRemarks& remarks) {
  page::NoteTable table{.caption = {}, .heads = {{"package"}, {"before"}, {"after"}}, .rows = {}};
  if (!remarks.empty()) table.heads.push_back({"advisories"});
  for (const Difference& difference : section.differences) {
    const bool is_version = difference.aspect == "version" || difference.aspect == "presence";
    std::vector<Cell> row{{is_version
                               ? difference.subject
                               : fmt::format("{}: {}", difference.subject, difference.aspect)},
                          {value_of(difference.before)},
                          {value_of(difference.after)}};
    if (!remarks.empty()) {
      const auto remark = remarks.find(name_of(difference.subject));
      row.push_back({is_version && remark != remarks.end() ? remark->second : ""});
    }
    table.rows.push_back(std::move(row));
  }
  return table;
}

page::NoteTable plain_table(const DifferenceSection& section) {
  page::NoteTable table{
      .caption = {}, .heads = {{"what"}, {"aspect"}, {"before"}, {"after"}}, .rows = {}};
  for (const Difference& difference : section.differences) {
    const bool is_presence = difference.aspect == "presence";
    // What is on one side only often has no more to it than its name.
    const auto value = [&](const std::optional<std::string>& text) {
      return is_presence && text && text->empty() ? "there" : value_of(text);
    };
    table.rows.push_back(
        {{difference.subject},
         {is_presence ? (difference.after ? "added" : "removed") : difference.aspect},
         {value(difference.before)},
         {value(difference.after)}});
  }
  return table;
}

struct Counts {
  std::size_t added = 0;
  std::size_t removed = 0;
  std::map<std::string, bool> changed; ///< paths: one may differ in several aspects
};

page::NoteTable directories_table(const DifferenceSection& section) {
  std::map<std::string, Counts> directories;
  for (const Difference& difference : section.differences) {
    Counts& counts = directories[directory_of(difference.subject)];
    if (difference.aspect != "presence")
      counts.changed[difference.subject] = true;
    else if (difference.after)
      ++counts.added;
    else
      ++counts.removed;
  }
  page::NoteTable table{
      .caption = "Files by directory",
      .heads = {{"directory"}, number("added"), number("removed"), number("changed")},
      .rows = {}};
  for (const auto& [directory, counts] : directories)
    table.rows.push_back({{directory},
                          number(std::to_string(counts.added)),
                          number(std::to_string(counts.removed)),
                          number(std::to_string(counts.changed.size()))});
  return table;
}

std::string size_text(const std::optional<std::uint64_t>& size) {
  return size ? base::to_string(base::ByteSize(*size)) : "";
}

std::string growth(std::uint64_t before, std::uint64_t after) {
  const std::string extent =
      base::to_string(base::ByteSize(std::max(before, after) - std::min(before, after)));
  return (after < before ? "-" : "+") + extent;
}

/// Nothing when nothing has changed.
void add_sizes(std::vector<page::NoteSection>& sections, std::string heading, std::string head,
               const std::vector<SizeChange>& changes) {
  if (changes.empty()) return;
  std::uint64_t before = 0;
  std::uint64_t after = 0;
  page::NoteTable table{
      .caption = {},
      .heads = {{std::move(head)}, number("before"), number("after"), number("change")},
      .rows = {}};
  for (const SizeChange& change : changes) {
    before += change.before.value_or(0);
    after += change.after.value_or(0);
    table.rows.push_back({{change.subject},
                          number(size_text(change.before)),
                          number(size_text(change.after)),
                          number(growth(change.before.value_or(0), change.after.value_or(0)))});
  }
  page::NoteSection section{.heading = std::move(heading),
                            .sentences = {fmt::format("{} together.", growth(before, after))},
                            .tables = {}};
  cut(section, table);
  section.tables.push_back(std::move(table));
  sections.push_back(std::move(section));
}

page::NoteSection section_of(const DifferenceSection& section, const PackageRemarks& remarks) {
  page::NoteSection result{.heading = capitalized(section.title), .sentences = {}, .tables = {}};
  page::NoteTable table =
      is_of_packages(section) ? packages_table(section, remarks) : plain_table(section);
  if (is_of_files(section)) result.tables.push_back(directories_table(section));
  if (!is_of_packages(section)) cut(result, table);
  result.tables.push_back(std::move(table));
  return result;
}

} // namespace

std::vector<page::NoteSection> note_sections(const Comparison& comparison,
                                             const PackageRemarks& remarks) {
  std::vector<page::NoteSection> sections;
  for (const DifferenceSection& section : comparison.sections)
    sections.push_back(section_of(section, remarks));
  add_sizes(sections, "Size by package", "package", comparison.package_sizes);
  add_sizes(sections, "Size by directory", "directory", comparison.directory_sizes);
  if (!comparison.not_compared.empty())
    sections.push_back(
        {.heading = "Not compared", .sentences = comparison.not_compared, .tables = {}});
  return sections;
}

} // namespace imagewright::audit
