// SPDX-License-Identifier: MIT
#pragma once

// What every command shares: what it runs with, and how it stands in the table of commands.

#include <filesystem>
#include <memory>
#include <optional>
#include <string>

#include <imagewright/base/byte_size.hpp>
#include <imagewright/base/cancellation.hpp>
#include <imagewright/base/render.hpp>
#include <imagewright/cli/run.hpp>
#include <imagewright/plan/services.hpp>
#include <imagewright/report/factory.hpp>

#include "arguments.hpp"
#include "console.hpp"
#include "exit_code.hpp"

namespace imagewright::cli {

struct GlobalOptions {
  report::Level level = report::Level::info;
  report::ProgressMode progress = report::ProgressMode::automatic;
  base::Color color = base::Color::off;
  unsigned jobs = 1;
  /// Absent: neither an option nor the environment gives a place.
  std::optional<std::filesystem::path> cache_directory;
};

/// Whether a command keeps anything in the cache.
enum class CacheUse : std::uint8_t { needed, none };

/// What a command runs with.
struct CommandContext {
  const GlobalOptions& options;
  const Invocation& invocation;
  const Console& console;
  const base::Cancellation& cancellation;
  const report::Clock& clock;

  /// Throws base::Error (cli.no-cache-directory).
  std::filesystem::path cache_directory() const;
  plan::Services services(CacheUse use = CacheUse::needed) const;
};

/// Whether `--json` was given.
enum class OutputStyle : std::uint8_t { text, json };

/// `--json`, which every command has that says something.
Argument json_argument(bool& is_json, std::string description = "Print the result as JSON");

/// The file that a command is to read. Throws base::Error (cli.missing-input) when it is not there
/// or is a directory; `what` is "image" or "manifest".
std::filesystem::path input_file(const std::string& path, const std::string& what);

/// The same for a directory; `what` is "directory" or "output directory".
std::filesystem::path input_directory(const std::string& path, const std::string& what,
                                      const std::string& hint);

/// The content of an input file. Throws base::Error (cli.missing-input, fs.cannot-read), always as
/// a wrong input.
std::string read_input(const std::string& path, const std::string& what, base::ByteSize limit);

Command build_command();
Command plan_command();
Command lock_command();
Command matrix_command();
Command collect_command();
Command validate_command();
Command why_command();
Command boot_command();
Command inspect_command();
Command measure_command();
Command diff_command();
Command advisories_command();
Command drift_command();
Command sign_command();
Command sign_policy_command();
Command lint_command();
Command export_command();
Command upload_command();
Command verify_command();
Command doctor_command();
Command convert_command();
Command customize_command();
Command inject_files_command();
Command cache_command();
Command releases_command();
/// It prints what is made from the table that it stands in.
Command completion_command(const CommandTable& table);
Command schema_command();
Command import_command();
Command help_command(const CommandTable& table);

} // namespace imagewright::cli
