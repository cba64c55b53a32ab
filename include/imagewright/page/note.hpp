// SPDX-License-Identifier: MIT
#pragma once

// A note for people, of headings, sentences and tables, said once and written as Markdown (for pull
// requests and releases) or as a page.

#include <string>
#include <string_view>
#include <vector>

#include <imagewright/page/markup.hpp>

namespace imagewright::page {

struct NoteTable {
  std::string caption;
  std::vector<Cell> heads;
  std::vector<std::vector<Cell>> rows; ///< each as long as `heads`
};

struct NoteSection {
  std::string heading;
  std::vector<std::string> sentences;
  std::vector<NoteTable> tables;
};

struct Note {
  std::string title;
  std::vector<std::string> sentences;
  std::vector<NoteSection> sections;
};

/// Text that stays text: nothing in it begins markup, ends a line or a cell.
std::string markdown_escaped(std::string_view text);

/// GitHub Flavored Markdown.
std::string to_markdown(const Note& note);
/// A whole page (document()).
std::string to_html(const Note& note);

} // namespace imagewright::page
