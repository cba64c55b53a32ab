// SPDX-License-Identifier: MIT
#pragma once

// Messages by level: those of interest to the screen, all of them to the log file.

#include <filesystem>
#include <functional>
#include <memory>
#include <string_view>

#include <imagewright/report/reporter.hpp>

namespace spdlog {
class logger;
}

namespace imagewright::report {

/// Owns the logger and its destinations. Safe to use from several threads.
class Log {
public:
  /// Shows one message on the screen.
  using Screen = std::function<void(Level level, std::string_view text)>;

  /// `level` is for the screen; a log file gets everything. Throws base::Error
  /// (report.cannot-write-log).
  Log(Level level, const std::filesystem::path& log_file, Screen screen);
  Log(const Log&) = delete;
  Log& operator=(const Log&) = delete;
  Log(Log&&) = delete;
  Log& operator=(Log&&) = delete;
  ~Log();

  void write(Level level, std::string_view text) noexcept;
  /// Only to the log file, when there is one.
  void note(std::string_view text) noexcept;

private:
  std::unique_ptr<spdlog::logger> screen_;
  std::unique_ptr<spdlog::logger> file_;
};

} // namespace imagewright::report
