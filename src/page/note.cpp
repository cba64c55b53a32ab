// SPDX-License-Identifier: MIT
#include <fmt/format.h>

#include <imagewright/base/text.hpp>
#include <imagewright/page/note.hpp>

namespace imagewright::page {

namespace {

std::string markdown_row(const std::vector<Cell>& cells) {
  std::string text = "|";
  for (const Cell& cell : cells)
    text += fmt::format(" {} |", markdown_escaped(cell.text));
  return text + "\n";
}

std::string markdown_of(const NoteTable& table) {
  std::string text =
      table.caption.empty() ? "" : fmt::format("{}:\n\n", markdown_escaped(table.caption));
  text += markdown_row(table.heads) + "|";
  for (const Cell& head : table.heads)
    text += head.kind == Cell::Kind::number ? "---:|" : "---|";
  text += "\n";
  for (const std::vector<Cell>& row : table.rows)
    text += markdown_row(row);
  return text + "\n";
}

std::string markdown_of(const std::vector<std::string>& sentences) {
  std::string text;
  for (const std::string& sentence : sentences)
    text += markdown_escaped(sentence) + "\n\n";
  return text;
}

std::string html_of(const std::vector<std::string>& sentences) {
  std::string text;
  for (const std::string& sentence : sentences)
    text += paragraph(sentence);
  return text;
}

} // namespace

std::string markdown_escaped(std::string_view text) {
  std::string escaped;
  for (const char character : base::escape_controls(text)) {
    if (std::string_view("\\`*_|<>[]&~").find(character) != std::string_view::npos) escaped += '\\';
    escaped += character;
  }
  return escaped;
}

std::string to_markdown(const Note& note) {
  std::string text =
      fmt::format("# {}\n\n{}", markdown_escaped(note.title), markdown_of(note.sentences));
  for (const NoteSection& part : note.sections) {
    text += fmt::format("## {}\n\n{}", markdown_escaped(part.heading), markdown_of(part.sentences));
    for (const NoteTable& each : part.tables)
      text += markdown_of(each);
  }
  text.pop_back();
  return text;
}

std::string to_html(const Note& note) {
  std::string body = html_of(note.sentences);
  for (const NoteSection& part : note.sections) {
    std::string markup = html_of(part.sentences);
    for (const NoteTable& each : part.tables)
      markup += table(each.caption, each.heads, each.rows);
    body += section(part.heading, markup);
  }
  return document(note.title, body);
}

} // namespace imagewright::page
