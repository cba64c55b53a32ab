// SPDX-License-Identifier: MIT
#include <memory>
#include <string>
#include <vector>

#include <fmt/format.h>

#include <imagewright/base/error.hpp>
#include <imagewright/base/suggest.hpp>
#include <imagewright/base/text.hpp>

#include "../command.hpp"
#include "../completion.hpp"
#include "../error_pages.hpp"

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

std::string command_help(const CLI::App& application, const std::string& name) {
  // App::help() would answer for the command that was parsed, which is this one.
  if (name.empty())
    return application.get_formatter()->make_help(&application, application.get_name(),
                                                  CLI::AppFormatMode::Normal);
  std::vector<std::string> known = {"error"};
  for (const CLI::App* command : commands_of(application)) {
    if (command->get_name() == name) return command->help(application.get_name());
    known.push_back(command->get_name());
  }
  refuse("command", name, known, "imagewright --help lists all commands");
}

} // namespace

RegisteredCommand add_help_command(CLI::App& application) {
  const auto words = std::make_shared<HelpWords>();
  CLI::App* parser = application.add_subcommand(
      "help", "Explain a command, or an error by its code: imagewright help error CODE");
  parser->add_option("TOPIC", words->topic, "The name of a command, or error");
  parser->add_option("CODE", words->code, "After error: the code, as messages have it in brackets");
  parser->footer("For example: imagewright help build, imagewright help error config.unknown-key,\n"
                 "and imagewright help error for the list of all codes.");
  return {parser, [words, &application](const CommandContext& context) {
            context.console.print(words->topic == "error"
                                      ? error_help(words->code)
                                      : command_help(application, words->topic));
            return ExitCode::done;
          }};
}

} // namespace imagewright::cli
