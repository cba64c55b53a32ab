// SPDX-License-Identifier: MIT
#pragma once

// What happens inside of a machine, told outside of it.

#include <chrono>
#include <mutex>
#include <string>
#include <string_view>

#include <imagewright/report/reporter.hpp>
#include <imagewright/sandbox/error_codec.hpp>

namespace imagewright::machine {

/// The first number of a message.
enum class MessageKind : std::uint64_t {
  alive,
  stage_started,
  stage_finished,
  progress,
  message,
  warning,
  ended, ///< the job's process: with its status of waitpid(2)
};

/// Writes a message to a descriptor, ignoring failures: what cannot be shown is lost.
void send_message(int console, const std::string& message) noexcept;

/// Inside: writes messages.
class GuestReporter final : public report::Reporter {
public:
  explicit GuestReporter(int console) : console_(console) {}

  void stage_started(std::string_view stage, std::string_view detail) noexcept override;
  void stage_finished(std::string_view stage, report::StageOutcome outcome,
                      std::string_view summary) noexcept override;
  void progress(std::string_view stage, const report::Progress& progress) noexcept override;
  void message(report::Level level, std::string_view text) noexcept override;
  void warning(const base::Diagnostic& diagnostic) noexcept override;

private:
  int console_;
  std::mutex mutex_;
  std::chrono::steady_clock::time_point next_progress_;
};

/// Outside: tells a reporter what a message says. Gives the status of the job when that is what it
/// says, else nothing. `is_known` is as for sandbox::throw_decoded().
std::optional<int> relay(const std::string& message, report::Reporter& reporter,
                         const sandbox::KnownFile& is_known = {});

} // namespace imagewright::machine
