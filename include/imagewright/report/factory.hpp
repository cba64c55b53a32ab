// SPDX-License-Identifier: MIT
#pragma once

// Chooses how progress and messages are shown.

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string_view>

#include <imagewright/base/render.hpp>
#include <imagewright/report/clock.hpp>
#include <imagewright/report/reporter.hpp>

namespace imagewright::report {

enum class ProgressMode : std::uint8_t {
  automatic, ///< `terminal` on a terminal, else `plain`
  terminal,  ///< one live line below the finished stages; `plain` when the stream is no terminal
  plain,     ///< one line per event of interest
  json,      ///< one JSON object per line
  none,      ///< messages and warnings only
};

/// The words of --progress: "auto", "plain", "json", "none". Nothing for another word.
std::optional<ProgressMode> find_progress_mode(std::string_view word);

struct ReporterOptions {
  ProgressMode mode = ProgressMode::automatic;
  Level level = Level::info;
  base::Color color = base::Color::off;
  /// Where to write; it is not closed.
  int fd = 2;
  /// Everything, whatever `level` says, is also written to this file; empty: to no file.
  std::filesystem::path log_file;
  /// Shows the source line of a warning; may be empty.
  base::SourceLineReader read_line;
};

/// The reporter for these options. `clock` must outlive it. Throws base::Error
/// (report.cannot-write-log).
std::unique_ptr<Reporter> make_reporter(const ReporterOptions& options, const Clock& clock);

/// Is the descriptor a terminal on which a live line can be shown?
bool is_terminal(int fd);

} // namespace imagewright::report
