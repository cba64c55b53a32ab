// SPDX-License-Identifier: MIT
#include <memory>
#include <optional>

#include <fmt/format.h>

#include <imagewright/base/error.hpp>
#include <imagewright/base/text.hpp>
#include <imagewright/lint/lint.hpp>
#include <imagewright/model/architecture_names.hpp>

#include "../checked_file.hpp"
#include "../command.hpp"

namespace imagewright::cli {

namespace {

struct LintWords {
  std::string file;
  std::string kind;
  std::string architecture;
  std::vector<std::string> allowed;
  bool is_json = false;
  bool lists_rules = false;
};

std::string rule_list() {
  std::string text;
  for (const std::string& word : lint::subject_kind_words()) {
    text += word + "\n";
    for (const lint::RuleDescription& rule : lint::rules_of(*lint::find_subject_kind(word)))
      text += fmt::format("  {}: {}\n", rule.id, rule.sentence);
  }
  return text;
}

ExitCode run_lint(const LintWords& words, const CommandContext& context) {
  if (words.lists_rules) {
    context.console.print(rule_list());
    return ExitCode::done;
  }
  if (words.file.empty()) {
    throw base::Error(base::FailureKind::input, "cli.usage", "imagewright lint needs OUTPUT",
                      "for example imagewright lint out/node-x86_64.wsl");
  }
  input_file(words.file, "output");
  std::optional<CheckedFile> subject;
  if (words.is_json) subject.emplace(words.file);
  const lint::LintReport report = lint::lint({.file = words.file,
                                              .kind = lint::find_subject_kind(words.kind),
                                              .allowed = words.allowed,
                                              .architecture = words.architecture},
                                             context.cancellation);
  context.console.print(subject ? json::to_text(subject->named_in(lint::to_json(report)))
                                : lint::to_text(report));
  if (report.broken_count() == 0) return ExitCode::done;
  throw base::Error(base::FailureKind::verification, "lint.broken",
                    fmt::format("{} of {} rules do not hold for {}", report.broken_count(),
                                report.rules.size(), base::quoted(words.file)),
                    "mend what the rules name, or allow one to be broken with --allow");
}

} // namespace

Command lint_command() {
  const auto words = std::make_shared<LintWords>();
  Command command{.name = "lint",
                  .summary = "Hold a finished file against the rules of those who take it"};
  command.arguments = {
      {.value = "OUTPUT",
       .description = "A .wsl archive, a disk for WSL or WSLg, or a VHD for Azure",
       .target = &words->file,
       .completes = Completes::files},
      {.names = {"--as"},
       .value = "KIND",
       .description = "Whose rules, by default what the name and the content say",
       .target = &words->kind,
       .choices = lint::subject_kind_words()},
      {.names = {"--arch"},
       .value = "ARCH",
       .description = "What programs in it must be for, by default what /bin/sh is for",
       .target = &words->architecture,
       .choices = model::architecture_words()},
      {.names = {"--allow"},
       .value = "RULE",
       .description = "A rule that may be broken; may be given several times",
       .target = &words->allowed},
      {.names = {"--rules"},
       .description = "List every rule and what it demands",
       .target = &words->lists_rules},
      json_argument(words->is_json)};
  command.notes = "The file is only read. The exit code is 5 when a rule does not hold.";
  command.examples = {
      {"imagewright lint out/node-x86_64.wsl", "Would the catalogue of WSL take it?"},
      {"imagewright lint out/node-x86_64.vhd", "Would Azure take it?"}};
  command.action = [words](const CommandContext& context) { return run_lint(*words, context); };
  return command;
}

} // namespace imagewright::cli
