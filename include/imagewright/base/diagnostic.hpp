// SPDX-License-Identifier: MIT
#pragma once

// Bad news as data: what happened, where, and what to do about it. Rendering is someone else's
// concern.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <imagewright/base/source_location.hpp>

namespace imagewright::base {

enum class Severity : std::uint8_t { error, warning, note };

/// A second place that a diagnostic speaks of, such as the first of two duplicates.
struct RelatedLocation {
  SourceLocation where;
  std::string message;

  bool operator==(const RelatedLocation&) const = default;
};

/// One piece of bad news.
struct Diagnostic {
  Severity severity = Severity::error;
  /// A stable word of the form `module.what-happened`; docs/errors/ has a page for each.
  std::string code;
  /// What happened: lower case, offending values in double quotes, no full stop.
  std::string message;
  std::optional<SourceLocation> where;
  std::vector<RelatedLocation> related;
  /// Lines that start with "while", innermost first.
  std::vector<std::string> context;
  /// What to do, as an instruction; empty when there is nothing to say.
  std::string hint;
  /// A file of this run that tells more, and is therefore kept; empty: none.
  std::string log;

  bool operator==(const Diagnostic&) const = default;
};

/// Collects every mistake of an input, so that all can be shown at once.
class Diagnostics {
public:
  void add(Diagnostic diagnostic);
  /// Adds an error about a place in the user's file.
  void error(std::string code, std::string message, SourceLocation where, std::string hint = {});
  void warning(std::string code, std::string message, SourceLocation where, std::string hint = {});
  void append(const Diagnostics& other);

  bool has_errors() const;
  bool empty() const { return items_.empty(); }
  /// In the order in which they were added.
  const std::vector<Diagnostic>& items() const { return items_; }
  /// In file order: by file, line, column; those without a position last. Equal positions keep
  /// their order.
  std::vector<Diagnostic> sorted() const;

private:
  std::vector<Diagnostic> items_;
};

} // namespace imagewright::base
