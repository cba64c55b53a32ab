// SPDX-License-Identifier: MIT
#pragma once

// Where a command's words go: results to standard output, everything else to standard error.

#include <memory>
#include <string_view>

#include <imagewright/base/diagnostic.hpp>
#include <imagewright/base/render.hpp>
#include <imagewright/report/clock.hpp>
#include <imagewright/report/reporter.hpp>

namespace imagewright::cli {

/// Source lines straight from the files that diagnostics name.
base::SourceLineReader file_line_reader();

class Console {
public:
  Console(base::Color color, std::unique_ptr<report::Reporter> reporter)
      : color_(color), reporter_(std::move(reporter)) {}

  report::Reporter& reporter() const { return *reporter_; }

  /// A command's result. Throws base::Error (cli.cannot-write-output) when nobody can take it.
  void print(std::string_view text) const;
  void show(const base::Diagnostic& diagnostic) const;
  /// All of them in file order; source lines come from `read_line`.
  void show(const base::Diagnostics& diagnostics,
            const base::SourceLineReader& read_line = file_line_reader()) const;

private:
  base::Color color_;
  std::unique_ptr<report::Reporter> reporter_;
};

} // namespace imagewright::cli
