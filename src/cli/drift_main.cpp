// SPDX-License-Identifier: MIT
// imagewright-drift: `imagewright drift` as a program of its own, for nodes that carry little.

#include <memory>
#include <string>
#include <vector>

#include <fmt/format.h>

#include <imagewright/base/cancellation.hpp>
#include <imagewright/report/clock.hpp>
#include <imagewright/report/reporter.hpp>

#include "command.hpp"
#include "guarded.hpp"
#include "help_text.hpp"
#include "parse.hpp"
#include "version.hpp"

namespace imagewright::cli {

namespace {

constexpr std::size_t k_help_width = 80;

ExitCode run_line(const CommandTable& table, const Invocation& invocation, const Console& console) {
  const ParsedLine line = parse_line(table, invocation.arguments);
  if (line.wish == Wish::version) {
    console.print(fmt::format("imagewright {}\n", k_version));
    return ExitCode::done;
  }
  if (line.wish == Wish::help) {
    console.print(command_help(table, table.commands.front(), nullptr, k_help_width));
    return ExitCode::done;
  }
  const GlobalOptions options;
  const base::Cancellation cancellation;
  const report::MonotonicClock clock;
  return line.command->action({.options = options,
                               .invocation = invocation,
                               .console = console,
                               .cancellation = cancellation,
                               .clock = clock});
}

int run_drift_program(std::vector<std::string> words) {
  const Console console(base::Color::off, std::make_unique<report::NullReporter>());
  CommandTable table;
  table.summary = "Says what of a node differs from its image.";
  table.commands = {drift_command()};
  note_defaults(table);
  words.insert(words.begin(), table.commands.front().name);
  const Invocation invocation{.arguments = std::move(words), .environment = {}, .program = {}};
  return static_cast<int>(guarded(console, [&] { return run_line(table, invocation, console); }));
}

} // namespace

} // namespace imagewright::cli

int main(int argument_count, char** arguments) {
  return imagewright::cli::run_drift_program({arguments + 1, arguments + argument_count});
}
