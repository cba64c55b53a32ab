// SPDX-License-Identifier: MIT
#pragma once

// How the work tells what it is doing: stages, their progress, messages and warnings. Who shows it,
// and how, is not its concern.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <imagewright/base/byte_size.hpp>
#include <imagewright/base/diagnostic.hpp>

namespace imagewright::report {

/// How important a message is; higher is more important.
enum class Level : std::uint8_t { debug, info, warning, error };

/// "debug", "info", "warning", "error"
std::string_view to_string(Level level);
/// Nothing for a word that is not a level.
std::optional<Level> find_level(std::string_view word);

/// How far a stage is. What is not known stays absent.
struct Progress {
  std::uint64_t items_done = 0;
  std::optional<std::uint64_t> items_total;
  base::ByteSize bytes_done;
  std::optional<base::ByteSize> bytes_total;
  /// What is being worked on: a package, a file.
  std::string current;

  bool operator==(const Progress&) const = default;
};

enum class StageOutcome : std::uint8_t { done, failed };

/// Receives what happens. Every function may be called from any thread, is cheap enough for each
/// package or file, and never fails: what cannot be shown is lost.
class Reporter {
public:
  Reporter() = default;
  Reporter(const Reporter&) = delete;
  Reporter& operator=(const Reporter&) = delete;
  Reporter(Reporter&&) = delete;
  Reporter& operator=(Reporter&&) = delete;
  virtual ~Reporter() = default;

  /// Stages may nest. `stage` is a short stable word ("install"); `detail` is for people ("135
  /// packages") or empty.
  virtual void stage_started(std::string_view stage, std::string_view detail) noexcept = 0;
  /// Ends the innermost stage of that name; `summary` is for people, or empty.
  virtual void stage_finished(std::string_view stage, StageOutcome outcome,
                              std::string_view summary) noexcept = 0;
  virtual void progress(std::string_view stage, const Progress& progress) noexcept = 0;
  virtual void message(Level level, std::string_view text) noexcept = 0;
  virtual void warning(const base::Diagnostic& diagnostic) noexcept = 0;
};

/// Shows nothing.
class NullReporter final : public Reporter {
public:
  void stage_started(std::string_view stage, std::string_view detail) noexcept override;
  void stage_finished(std::string_view stage, StageOutcome outcome,
                      std::string_view summary) noexcept override;
  void progress(std::string_view stage, const Progress& progress) noexcept override;
  void message(Level level, std::string_view text) noexcept override;
  void warning(const base::Diagnostic& diagnostic) noexcept override;
};

} // namespace imagewright::report
