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
#include "stopping.hpp"
#include "version.hpp"

namespace imagewright::cli {

namespace {

constexpr std::size_t k_help_width = 80;

struct Means {
  const Invocation& invocation;
  const Console& console;
  const base::Cancellation& cancellation;
};

ExitCode run_line(const CommandTable& table, const Means& means) {
  const ParsedLine line = parse_line(table, means.invocation.arguments);
  if (line.wish == Wish::version) {
    means.console.print(fmt::format("imagewright {}\n", k_version));
    return ExitCode::done;
  }
  if (line.wish == Wish::help) {
    means.console.print(command_help(table, table.commands.front(), nullptr, k_help_width));
    return ExitCode::done;
  }
  const GlobalOptions options;
  const report::MonotonicClock clock;
  return line.command->action({.options = options,
                               .invocation = means.invocation,
                               .console = means.console,
                               .cancellation = means.cancellation,
                               .clock = clock});
}

int run_drift_program(std::vector<std::string> words) {
  const base::Cancellation& cancellation = stop_on_signals();
  const Console console(base::Color::off, std::make_unique<report::NullReporter>());
  CommandTable table;
  table.summary = "Says what of a node differs from its image.";
  table.commands = {drift_command()};
  note_defaults(table);
  words.insert(words.begin(), table.commands.front().name);
  const Invocation invocation{.arguments = std::move(words), .environment = {}, .program = {}};
  const Means means{.invocation = invocation, .console = console, .cancellation = cancellation};
  return exit_code_for(static_cast<int>(guarded(console, [&] { return run_line(table, means); })));
}

} // namespace

} // namespace imagewright::cli

int main(int argument_count, char** arguments) {
  return imagewright::cli::run_drift_program({arguments + 1, arguments + argument_count});
}
