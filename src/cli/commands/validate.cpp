// SPDX-License-Identifier: MIT
#include <algorithm>
#include <filesystem>
#include <memory>
#include <optional>

#include <fmt/format.h>

#include <imagewright/base/diagnostic.hpp>
#include <imagewright/base/error.hpp>
#include <imagewright/base/shell.hpp>
#include <imagewright/base/text.hpp>
#include <imagewright/config/annotations.hpp>
#include <imagewright/config/secrets.hpp>
#include <imagewright/fs/file.hpp>
#include <imagewright/json/value.hpp>
#include <imagewright/plan/build_plan.hpp>
#include <imagewright/plan/validate.hpp>

#include "../command.hpp"
#include "../plan_options.hpp"
#include "version.hpp"

namespace imagewright::cli {

namespace {

struct ValidateWords {
  std::vector<std::string> configs;
  PlanWords plan;
  std::string format = "human";
  bool is_json = false;
  bool leaves_files_out = false;
};

json::Value to_json(const base::Diagnostic& diagnostic) {
  json::Object object{
      {"severity", diagnostic.severity == base::Severity::error ? "error" : "warning"},
      {"code", diagnostic.code},
      {"message", diagnostic.message}};
  if (diagnostic.where) {
    object.emplace_back("file", diagnostic.where->file);
    object.emplace_back("line", diagnostic.where->line);
    object.emplace_back("column", diagnostic.where->column);
  }
  json::Array related;
  for (const base::RelatedLocation& place : diagnostic.related) {
    related.push_back(json::Object{{"file", place.where.file},
                                   {"line", place.where.line},
                                   {"column", place.where.column},
                                   {"message", place.message}});
  }
  object.emplace_back("related", related);
  object.emplace_back("hint", diagnostic.hint);
  return object;
}

std::string json_text(const base::Diagnostics& problems) {
  json::Array array;
  for (const base::Diagnostic& diagnostic : problems.sorted())
    array.push_back(to_json(diagnostic));
  return json::to_text(array);
}

/// What a config on standard input is called.
constexpr const char* k_standard_input = "<stdin>";

/// Lines of files, and of the text that came in.
base::SourceLineReader line_reader(const std::optional<std::string>& text) {
  if (!text) return file_line_reader();
  return [lines = config::lines_without_secrets(*text), of_files = file_line_reader()](
             const std::string& file, std::uint32_t line) -> std::optional<std::string> {
    if (std::filesystem::path(file).filename() != k_standard_input) return of_files(file, line);
    return line >= 1 && line <= lines.size() ? std::optional(lines[line - 1]) : std::nullopt;
  };
}

/// Release profiles look much like configs, and each key of one is unknown in the other.
void refuse_release_profile(const std::string& path) {
  const std::string text = fs::find_file(path, base::ByteSize::mib(16)).value_or("");
  const auto lines = base::split(text, '\n');
  const auto has = [&](std::string_view key) {
    return std::ranges::any_of(lines,
                               [&](const std::string& line) { return line.starts_with(key); });
  };
  if (!has("roles:") || has("release:") || has("os:")) return;
  throw base::Error(
      base::FailureKind::input, "cli.not-a-config",
      fmt::format("{} is a release profile, not an image config", base::quoted(path)),
      fmt::format("validate a config with it: imagewright validate CONFIG --release {}",
                  base::shell_word(path)));
}

void show(const base::Diagnostics& problems, const std::string& format,
          const std::optional<std::string>& text, const CommandContext& context) {
  if (format == "json") {
    context.console.print(json_text(problems));
  } else if (format == "sarif") {
    context.console.print(json::to_text(config::to_sarif(problems.sorted(), k_version)));
  } else if (format == "github") {
    context.console.print(config::to_github_annotations(problems.sorted()));
  } else {
    context.console.show(problems, line_reader(text));
  }
}

ExitCode run_validate(const ValidateWords& words, const CommandContext& context) {
  base::Diagnostics problems;
  const config::LoadOptions load_options{.file_checks = words.leaves_files_out
                                                            ? config::FileChecks::skipped
                                                            : config::FileChecks::performed};
  std::optional<std::string> text;
  for (const std::string& config : words.configs) {
    PlanWords plan_words = words.plan;
    plan_words.config = config == "-" ? "" : config;
    plan::PlanOptions options = plan_options_from(plan_words, context);
    if (config == "-") {
      if (!text) text = fs::read_file("/dev/stdin", base::ByteSize::mib(16));
      options.config = k_standard_input;
      problems.append(plan::validate_config_text(*text, options, load_options));
      continue;
    }
    refuse_release_profile(config);
    problems.append(plan::validate_config(options, load_options));
  }
  show(problems, words.is_json ? "json" : words.format, text, context);
  return problems.has_errors() ? ExitCode::wrong_input : ExitCode::done;
}

} // namespace

Command validate_command() {
  const auto words = std::make_shared<ValidateWords>();
  Command command{.name = "validate", .summary = "Every mistake in the config(s); touches nothing"};
  command.arguments = {
      {.value = "CONFIG",
       .description = "Image configs; - is standard input",
       .target = &words->configs,
       .completes = Completes::files,
       .is_required = true},
      release_argument(words->plan),
      {.names = {"--format"},
       .value = "FORMAT",
       .description = "human goes to standard error, the others to standard output",
       .target = &words->format,
       .choices = {"human", "json", "sarif", "github"}},
      json_argument(words->is_json, "The same as --format json")};
  command.notes = "Exits with 2 when there are mistakes; warnings alone exit with 0.";
  command.examples = {{"imagewright validate configs/*.yaml", "All configs at once"},
                      {"imagewright validate --format sarif node.yaml > node.sarif",
                       "For a code scanning service"}};
  command.action = [words](const CommandContext& context) { return run_validate(*words, context); };
  return command;
}

} // namespace imagewright::cli
