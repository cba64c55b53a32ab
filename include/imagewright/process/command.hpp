// SPDX-License-Identifier: MIT
#pragma once

// A program to run, and how it ended.

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <imagewright/base/byte_size.hpp>

namespace imagewright::process {

/// A log has no more than that, and a line which says so.
inline constexpr base::ByteSize k_largest_log = base::ByteSize::mib(64);

/// What the watcher of an output wants to happen next.
enum class Watch : std::uint8_t { keep_running, stop };

/// One program with everything that it can see.
struct Command {
  /// The program and its arguments. A program without "/" is looked up with find_program (in a
  /// sandbox: in its PATH).
  std::vector<std::string> argv;
  /// For messages: "make the initramfs". Empty: the program's name.
  std::string description;
  /// The whole environment besides `inherited_environment`; without a PATH in it, k_program_path is
  /// given.
  std::map<std::string, std::string> environment;
  /// Names of variables of the caller's environment that the program gets as well. A sandbox
  /// inherits none.
  std::vector<std::string> inherited_environment;
  /// Empty: "/".
  std::filesystem::path working_directory;
  /// Given to the program's standard input; empty: /dev/null.
  std::string standard_input;
  /// After this long the program and its process group are killed. Absent: no limit.
  std::optional<std::chrono::milliseconds> timeout;
  /// How much of each output is kept: the last bytes of it.
  base::ByteSize output_limit = base::ByteSize::mib(16);
  /// Both outputs are also appended here, up to k_largest_log. Empty: nowhere.
  std::filesystem::path log_file;
  /// Sees both outputs as they arrive; Watch::stop kills the program. May be empty.
  std::function<Watch(std::string_view)> watch_output;
};

/// How a program ended. Exactly one of `exit_code` and `signal` is present.
struct CommandResult {
  std::vector<std::string> argv;
  std::string description;
  std::optional<int> exit_code;
  std::optional<int> signal;
  bool is_timed_out = false;
  bool is_stopped_by_watch = false;
  std::string standard_output;
  std::string standard_error;
  std::chrono::milliseconds duration{};
  std::filesystem::path log_file;

  bool is_success() const { return exit_code == 0 && !is_timed_out; }
};

/// The end of a text, for messages: at most `line_count` lines, each with control characters
/// escaped.
std::vector<std::string> last_lines(std::string_view text, std::size_t line_count);

/// "exit status 3", "signal 9 (Killed)", "no end within 30 s"
std::string describe_end(const CommandResult& result);

/// Throws base::Error (process.command-failed, or process.timed-out) with the arguments, how it
/// ended, the last lines of its output and the path of its log, unless it exited with 0. Gives the
/// result back otherwise.
CommandResult require_success(CommandResult result);

} // namespace imagewright::process
