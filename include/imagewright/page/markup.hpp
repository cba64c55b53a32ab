// SPDX-License-Identifier: MIT
#pragma once

// Pages for people as one file without scripts and without a network (HTML, living standard): they
// open from a mail, from the artifacts of a pipeline that forbids scripts, and years later.

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace imagewright::page {

/// Text between tags or inside of a quoted attribute, of HTML and of XML. What no document may hold
/// (controls but for line ends and tabs, bytes that are no UTF-8) becomes U+FFFD.
std::string escaped(std::string_view text);

/// A whole page. `title` is text; `body` is markup. Colours follow the reader's choice of light or
/// dark.
std::string document(std::string_view title, std::string_view body);

/// A cell of a table: text, or a number that stands at the right.
struct Cell {
  enum class Kind { text, number };
  std::string text;
  Kind kind = Kind::text;
};

/// `caption` says what is in it, also to those who do not see it. All rows are as long as `heads`.
/// Throws base::BugError when one is not.
std::string table(std::string_view caption, const std::vector<Cell>& heads,
                  const std::vector<std::vector<Cell>>& rows);

/// A heading of the second rank with what stands below it, which is markup.
std::string section(std::string_view heading, std::string_view markup);
std::string paragraph(std::string_view text);

} // namespace imagewright::page
