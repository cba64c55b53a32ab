// SPDX-License-Identifier: MIT
#pragma once

// The outside of an installation: progress, time limits of scripts, and what becomes of their
// failures.

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <imagewright/install/install.hpp>
#include <imagewright/process/supervision.hpp>

#include "event.hpp"

namespace imagewright::install {

/// Hears the events of the inside, in order, and everything that scripts write.
class InstallObserver final : public sandbox::CallHandler {
public:
  InstallObserver(const InstallRequest& request, std::optional<sandbox::Emulator> emulator,
                  report::Reporter& reporter);

  void on_message(std::string_view text) override;
  void on_output(std::string_view text) override;
  std::optional<TimePoint> deadline() const override;
  void on_deadline() override;

  /// In the order in which they ran.
  const std::vector<model::ScriptletRun>& scriptlets() const { return scriptlets_; }
  /// What is going on, as a line of context: "while running the scriptlet %post of the package
  /// \"x\""; empty when no scriptlet is running.
  std::string activity() const;

private:
  void on_event(const Event& event);
  void on_scriptlet_started(const Event& event);
  void on_scriptlet_finished();
  void on_scriptlet_failed(const Event& event);
  /// Throws when the kernel ended it for want of memory: that is no failure of the scriptlet's own
  /// that a config could allow.
  void throw_if_for_memory(const std::string& how, const base::Diagnostic& failure) const;
  /// Gives how the scriptlet failed.
  std::string take_over_owner(const std::string& words);
  sandbox::ProgramStarts starts() const;
  [[noreturn]] static void throw_hindered(const Event& event);
  base::Diagnostic scriptlet_diagnostic(const char* code, const std::string& what) const;

  const InstallRequest& request_;
  std::optional<sandbox::Emulator> emulator_;
  report::Reporter& reporter_;
  report::Progress progress_;
  std::vector<model::ScriptletRun> scriptlets_;
  std::string package_;
  std::string scriptlet_; ///< empty: none is running
  TimePoint started_;
  /// Of the last event; none before the packages are verified, which takes as long as they are
  /// large.
  std::optional<TimePoint> heard_;
  sandbox::ProgramStarts starts_before_;
  std::optional<std::uint64_t> memory_kills_before_;
  process::OutputTail output_;
};

} // namespace imagewright::install
