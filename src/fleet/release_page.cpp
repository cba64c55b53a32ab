// SPDX-License-Identifier: MIT
#include <fmt/format.h>

#include <imagewright/base/byte_size.hpp>
#include <imagewright/base/text.hpp>
#include <imagewright/fleet/collect.hpp>

#include "release_facts.hpp"

namespace imagewright::fleet {

namespace {

bool is_image(const UnitFile& file) {
  return !file.name.ends_with(".json") && !file.name.ends_with(".html");
}

/// In a cell of a table, where a bar ends it and brackets would be HTML.
std::string for_markdown(std::string_view text) {
  std::string escaped;
  for (const char character : base::escape_controls(text)) {
    if (std::string_view("\\`*_|<>[]&").find(character) != std::string_view::npos) escaped += '\\';
    escaped += character;
  }
  return escaped;
}

std::string for_html(std::string_view text) {
  std::string escaped;
  for (const char character : base::escape_controls(text)) {
    switch (character) {
    case '<':
      escaped += "&lt;";
      break;
    case '>':
      escaped += "&gt;";
      break;
    case '&':
      escaped += "&amp;";
      break;
    case '"':
      escaped += "&quot;";
      break;
    default:
      escaped += character;
    }
  }
  return escaped;
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

constexpr const char* k_style =
    "body{font:16px/1.5 system-ui,sans-serif;max-width:75em;margin:2em auto;padding:0 1em}"
    "table{border-collapse:collapse;width:100%}td,th{border-bottom:1px solid #ccc;padding:.3em;"
    "text-align:left;vertical-align:top}code{overflow-wrap:anywhere}.bad{color:#a00}";

} // namespace

std::string to_markdown(const Collection& collection) {
  std::string text = fmt::format("# Release\n\n{}.\n\n| unit | state | notes |\n|---|---|---|\n",
                                 headline(collection));
  for (const UnitOutcome& unit : collection.units) {
    text += fmt::format("| {} | {} | {} |\n", unit.id, to_string(unit.state),
                        for_markdown(base::join(notes_of(unit), "; ")));
  }
  text += "\n## Images\n\n| file | size | sha256 |\n|---|---|---|\n";
  for (const UnitOutcome& unit : collection.units) {
    for (const UnitFile& file : unit.files) {
      if (is_image(file))
        text += fmt::format("| {}/{} | {} | `{}` |\n", unit.id, for_markdown(file.name),
                            base::to_string(base::ByteSize(file.size)), file.digest.hex);
    }
  }
  for (const UnitOutcome& unit : collection.units) {
    if (!unit.changes || unit.changes->empty()) continue;
    text += fmt::format("\n## Packages of {}\n\n", unit.id);
    for (const std::string& change : *unit.changes)
      text += fmt::format("* {}\n", for_markdown(change));
  }
  return text;
}

std::string to_html(const Collection& collection) {
  std::string text =
      fmt::format("<!DOCTYPE html>\n<html lang=\"en\">\n<head><meta charset=\"utf-8\">"
                  "<title>Release</title><style>{}</style></head>\n<body>\n"
                  "<h1>Release</h1>\n<p>{}.</p>\n<table>\n"
                  "<tr><th>unit</th><th>state</th><th>notes</th></tr>\n",
                  k_style, headline(collection));
  for (const UnitOutcome& unit : collection.units) {
    const char* style = unit.state == UnitState::done ? "" : " class=\"bad\"";
    text += fmt::format("<tr><td>{}</td><td{}>{}</td><td>{}</td></tr>\n", unit.id, style,
                        to_string(unit.state), for_html(base::join(notes_of(unit), "; ")));
  }
  text +=
      "</table>\n<h2>Images</h2>\n<table>\n<tr><th>file</th><th>size</th><th>sha256</th></tr>\n";
  for (const UnitOutcome& unit : collection.units) {
    for (const UnitFile& file : unit.files) {
      if (is_image(file)) {
        text += fmt::format("<tr><td>{}/{}</td><td>{}</td><td><code>{}</code></td></tr>\n", unit.id,
                            for_html(file.name), base::to_string(base::ByteSize(file.size)),
                            file.digest.hex);
      }
    }
  }
  text += "</table>\n";
  for (const UnitOutcome& unit : collection.units) {
    if (!unit.changes || unit.changes->empty()) continue;
    text += fmt::format("<h2>Packages of {}</h2>\n<ul>\n", unit.id);
    for (const std::string& change : *unit.changes)
      text += fmt::format("<li>{}</li>\n", for_html(change));
    text += "</ul>\n";
  }
  return text + "</body>\n</html>\n";
}

} // namespace imagewright::fleet
