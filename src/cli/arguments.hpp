// SPDX-License-Identifier: MIT
#pragma once

// The tables that a command line is described by. Parsing, --help, the manual page and the
// completions of shells are all made from them.

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "exit_code.hpp"

namespace imagewright::cli {

struct CommandContext;

/// What a shell may offer for a value.
enum class Completes : std::uint8_t { nothing, files, directories, releases, error_codes, topics };

/// Where the words of an argument go. A flag is a bool.
using Target =
    std::variant<bool*, std::string*, std::vector<std::string>*, unsigned*, std::int64_t*>;

/// An option, a flag, or (without names) a positional argument.
struct Argument {
  std::vector<std::string> names; ///< "-o", "--output-dir"
  std::string value;              ///< "DIR"; empty for a flag
  std::string description;
  Target target;
  std::vector<std::string> choices; ///< empty: any text
  /// Other spellings of choices: {"amd64", "x86_64"}.
  std::vector<std::pair<std::string, std::string>> aliases;
  Completes completes = Completes::nothing;
  std::optional<std::pair<std::int64_t, std::int64_t>> range; ///< of a number
  bool is_required = false;
  /// Takes every word up to the next option, or none.
  bool takes_many = false;
  /// A value may be left out: `--ssh` beside `--ssh 2222`.
  bool has_optional_value = false;
  std::string excludes; ///< the long name of an option that may not stand beside it
  /// Told whether the argument was given; may be null.
  bool* is_given = nullptr;
  std::string default_text; ///< filled from the target before anything is parsed

  bool is_positional() const { return names.empty(); }
  bool is_flag() const { return std::holds_alternative<bool*>(target); }
  bool is_repeatable() const { return std::holds_alternative<std::vector<std::string>*>(target); }
  /// "--output-dir", or the name of the value.
  const std::string& name() const { return names.empty() ? value : names.back(); }
};

struct Example {
  std::string command;
  std::string meaning;
};

using Action = std::function<ExitCode(const CommandContext&)>;

struct Command {
  std::string name;
  std::string summary;
  std::vector<Argument> arguments;
  /// Paragraphs, each on a line of its own.
  std::string notes;
  std::vector<Example> examples;
  std::vector<Command> nested;
  Action action;
};

struct CommandTable {
  std::string summary;
  std::vector<Argument> globals;
  std::vector<Command> commands;
  std::vector<std::string> notes;

  const Command* find(const std::string& name) const;
  std::vector<std::string> command_names() const;
};

/// Writes down what every argument holds when it is not given.
void note_defaults(CommandTable& table);

/// `-h`, `--help`; `-V`, `--version`: which the parser knows by itself.
struct BuiltInOption {
  std::vector<std::string> names;
  std::string description;
};
const std::vector<BuiltInOption>& built_in_options();

} // namespace imagewright::cli
