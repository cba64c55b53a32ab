// SPDX-License-Identifier: MIT
#pragma once

// Changes of files that are in the image already.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <sys/types.h>

#include <imagewright/base/source_location.hpp>
#include <imagewright/model/located.hpp>

namespace imagewright::model {

enum class LineEditKind : std::uint8_t { add, replace, remove };
enum class LinePlace : std::uint8_t { end, before, after };

/// Lines that go into a text, or out of it. In patterns "*" stands for any text, nothing included;
/// every other letter for itself.
struct LineEdit {
  LineEditKind kind = LineEditKind::add;
  LocatedText pattern; ///< of lines that are replaced or removed: each that matches
  std::string text;    ///< what comes in; may be several lines
  LinePlace place = LinePlace::end;
  std::optional<LocatedText> anchor; ///< the first line like this, for places beside one
  base::SourceLocation where;

  bool operator==(const LineEdit&) const = default;
};

enum class PathEditKind : std::uint8_t {
  properties, ///< permissions and owners alone
  lines,
  link,      ///< a symbolic link takes the name
  removal,   ///< of a file, a link, or a directory with all that is in it
  directory, ///< is there in the end
};

struct PathEdit {
  LocatedText path;
  PathEditKind kind = PathEditKind::properties;
  std::vector<LineEdit> lines;
  std::string target;                ///< of a link
  std::optional<mode_t> permissions; ///< absent: as they are, or 0755 for a directory that is made
  std::optional<LocatedText> owner;  ///< a name or a number; absent: as it is, or root
  std::optional<LocatedText> group;
  base::SourceLocation where;

  bool operator==(const PathEdit&) const = default;
};

/// What becomes of the path, for people: "2 lines", "link to ../x", "removed".
std::string edit_text(const PathEdit& edit);

} // namespace imagewright::model
