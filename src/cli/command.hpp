// SPDX-License-Identifier: MIT
#pragma once

// What every command shares: global options, the console, and how a command is registered.

#include <filesystem>
#include <functional>
#include <optional>
#include <string>

#include <CLI/CLI.hpp>

#include <imagewright/base/cancellation.hpp>
#include <imagewright/base/render.hpp>
#include <imagewright/cli/run.hpp>
#include <imagewright/plan/services.hpp>
#include <imagewright/report/factory.hpp>

#include "console.hpp"
#include "exit_code.hpp"

namespace imagewright::cli {

struct GlobalOptions {
  report::Level level = report::Level::info;
  report::ProgressMode progress = report::ProgressMode::automatic;
  base::Color color = base::Color::off;
  unsigned jobs = 1;
  std::optional<std::filesystem::path> cache_place; ///< absent: nobody says where

  /// For commands that need the cache. Throws base::Error (cli.no-cache-directory).
  const std::filesystem::path& cache_directory() const;
};

/// What a command runs with.
struct CommandContext {
  const GlobalOptions& options;
  const Invocation& invocation;
  const Console& console;
  const base::Cancellation& cancellation;
  const report::Clock& clock;

  /// Throws base::Error (cli.no-cache-directory).
  plan::Services services() const { return services_with(options.cache_directory()); }
  /// For commands that never look into the cache.
  plan::Services services_without_cache() const { return services_with({}); }

private:
  plan::Services services_with(const std::filesystem::path& cache) const {
    return {.reporter = console.reporter(),
            .cancellation = cancellation,
            .clock = clock,
            .cache_directory = cache,
            .thread_count = options.jobs};
  }
};

using Action = std::function<ExitCode(const CommandContext&)>;

/// A command of the parser and what it does.
struct RegisteredCommand {
  CLI::App* parser = nullptr;
  Action action;
};

/// Whether `--json` was given.
enum class OutputStyle : std::uint8_t { text, json };

RegisteredCommand add_build_command(CLI::App& application);
RegisteredCommand add_plan_command(CLI::App& application);
RegisteredCommand add_lock_command(CLI::App& application);
RegisteredCommand add_validate_command(CLI::App& application);
RegisteredCommand add_why_command(CLI::App& application);
RegisteredCommand add_boot_command(CLI::App& application);
RegisteredCommand add_inspect_command(CLI::App& application);
RegisteredCommand add_diff_command(CLI::App& application);
RegisteredCommand add_advisories_command(CLI::App& application);
RegisteredCommand add_verify_command(CLI::App& application);
RegisteredCommand add_doctor_command(CLI::App& application);
RegisteredCommand add_convert_command(CLI::App& application);
RegisteredCommand add_cache_command(CLI::App& application);
RegisteredCommand add_completion_command(CLI::App& application);
RegisteredCommand add_schema_command(CLI::App& application);
RegisteredCommand add_import_command(CLI::App& application);
RegisteredCommand add_help_command(CLI::App& application);

} // namespace imagewright::cli
