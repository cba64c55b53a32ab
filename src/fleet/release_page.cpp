// SPDX-License-Identifier: MIT
#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include <imagewright/base/byte_size.hpp>
#include <imagewright/base/text.hpp>
#include <imagewright/fleet/collect.hpp>
#include <imagewright/page/note.hpp>

#include "release_facts.hpp"

namespace imagewright::fleet {

namespace {

bool is_image(const UnitFile& file) {
  return !file.name.ends_with(".json") && !file.name.ends_with(".html");
}

/// What there is to say of a unit beside its state.
std::vector<std::string> notes_of(const UnitOutcome& unit) {
  std::vector<std::string> notes;
  if (!unit.why.empty()) notes.push_back(unit.why);
  if (unit.attempts > 1) notes.push_back(fmt::format("{} tries", unit.attempts));
  for (const Verdict& verdict : unit.verdicts)
    notes.push_back((verdict.is_good ? "" : "NOT GOOD: ") + verdict.summary);
  if (unit.changes && unit.changes->empty()) notes.emplace_back("the same packages as before");
  return notes;
}

page::NoteSection units_of(const Collection& collection) {
  page::NoteTable table{.caption = {}, .heads = {{"unit"}, {"state"}, {"notes"}}, .rows = {}};
  for (const UnitOutcome& unit : collection.units)
    table.rows.push_back(
        {{unit.id}, {std::string(to_string(unit.state))}, {base::join(notes_of(unit), "; ")}});
  std::vector<std::string> sentences;
  if (!collection.gone.empty())
    sentences.push_back("Gone since the last release: " + base::join(collection.gone, ", ") + ".");
  return {.heading = "Units", .sentences = std::move(sentences), .tables = {std::move(table)}};
}

page::NoteSection images_of(const Collection& collection) {
  page::NoteTable table{.caption = {},
                        .heads = {{"file"}, {"size", page::Cell::Kind::number}, {"sha256"}},
                        .rows = {}};
  for (const UnitOutcome& unit : collection.units) {
    for (const UnitFile& file : unit.files) {
      if (is_image(file))
        table.rows.push_back(
            {{unit.id + "/" + file.name},
             {base::to_string(base::ByteSize(file.size)), page::Cell::Kind::number},
             {file.digest.hex}});
    }
  }
  return {.heading = "Images", .sentences = {}, .tables = {std::move(table)}};
}

/// Everything about a release that is for people.
page::Note note_of(const Collection& collection) {
  page::Note note{.title = "Release",
                  .sentences = {headline(collection) + "."},
                  .sections = {units_of(collection), images_of(collection)}};
  for (const UnitOutcome& unit : collection.units) {
    if (!unit.changes || unit.changes->empty()) continue;
    page::NoteTable table{.caption = {}, .heads = {{"change"}}, .rows = {}};
    for (const std::string& change : *unit.changes)
      table.rows.push_back({{change}});
    note.sections.push_back(
        {.heading = "Packages of " + unit.id, .sentences = {}, .tables = {std::move(table)}});
  }
  return note;
}

} // namespace

std::string to_markdown(const Collection& collection) {
  return page::to_markdown(note_of(collection));
}

std::string to_html(const Collection& collection) {
  return page::to_html(note_of(collection));
}

} // namespace imagewright::fleet
