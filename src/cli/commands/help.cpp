// SPDX-License-Identifier: MIT
#include <memory>
#include <string>
#include <vector>

#include <fmt/format.h>

#include <imagewright/base/error.hpp>
#include <imagewright/base/suggest.hpp>
#include <imagewright/base/text.hpp>

#include "../command.hpp"
#include "../error_pages.hpp"
#include "../help_text.hpp"
#include "../manual_page.hpp"
#include "version.hpp"

namespace imagewright::cli {

namespace {

struct HelpWords {
  std::string topic;
  std::string code;
};

[[noreturn]] void refuse(const std::string& what, const std::string& name,
                         const std::vector<std::string>& known, const std::string& otherwise) {
  const std::string near = base::did_you_mean(name, known);
  throw base::Error(base::FailureKind::input, "cli.usage",
                    fmt::format("there is no {} {}", what, base::quoted(name)),
                    near.empty() ? otherwise : near);
}

/// Without a code, all codes in lines: something to search in.
std::string error_help(const std::string& code) {
  std::string codes;
  std::vector<std::string> known;
  for (const ErrorPage& page : error_pages()) {
    if (page.code == code) return std::string(page.text);
    codes += fmt::format("{}\n", page.code);
    known.emplace_back(page.code);
  }
  if (code.empty()) return codes;
  refuse("error code", code, known, "imagewright help error lists all codes");
}

std::string help_on(const HelpWords& words, const CommandTable& table,
                    const CommandContext& context) {
  const std::size_t width = help_width(context.invocation.environment("COLUMNS"));
  if (words.topic.empty()) return program_help(table, width);
  if (words.topic == "error") return error_help(words.code);
  if (words.topic == "manual") return manual_page(table, k_version);
  const Command* command = table.find(words.topic);
  if (command == nullptr) {
    std::vector<std::string> known = table.command_names();
    known.insert(known.end(), {"error", "manual"});
    refuse("command", words.topic, known, "imagewright --help lists all commands");
  }
  for (const Command& nested : command->nested) {
    if (nested.name == words.code) return command_help(table, *command, &nested, width);
  }
  return command_help(table, *command, nullptr, width);
}

} // namespace

Command help_command(const CommandTable& table) {
  const auto words = std::make_shared<HelpWords>();
  Command command{.name = "help",
                  .summary =
                      "Explain a command, or an error by its code: imagewright help error CODE"};
  command.arguments = {{.value = "TOPIC",
                        .description = "The name of a command, error, or manual for the manual "
                                       "page",
                        .target = &words->topic,
                        .completes = Completes::topics},
                       {.value = "CODE",
                        .description =
                            "After error: the code, as messages have it in brackets; without one, "
                            "all codes",
                        .target = &words->code,
                        .completes = Completes::error_codes}};
  command.examples = {{"imagewright help build", "Explain a command"},
                      {"imagewright help error config.unknown-key", "Explain an error"}};
  command.action = [words, &table](const CommandContext& context) {
    context.console.print(help_on(*words, table, context));
    return ExitCode::done;
  };
  return command;
}

} // namespace imagewright::cli
