// SPDX-License-Identifier: MIT
#include <memory>

#include <imagewright/base/diagnostic.hpp>
#include <imagewright/config/annotations.hpp>
#include <imagewright/json/value.hpp>
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

void show(const base::Diagnostics& problems, const std::string& format,
          const CommandContext& context) {
  if (format == "json") {
    context.console.print(json_text(problems));
  } else if (format == "sarif") {
    context.console.print(json::to_text(config::to_sarif(problems.sorted(), k_version)));
  } else if (format == "github") {
    context.console.print(config::to_github_annotations(problems.sorted()));
  } else {
    context.console.show(problems);
  }
}

ExitCode run_validate(const ValidateWords& words, const CommandContext& context) {
  base::Diagnostics problems;
  const config::LoadOptions load_options{.file_checks = words.leaves_files_out
                                                            ? config::FileChecks::skipped
                                                            : config::FileChecks::performed};
  for (const std::string& config : words.configs) {
    PlanWords plan = words.plan;
    plan.config = config;
    problems.append(plan::validate_config(plan_options_from(plan, context), load_options));
  }
  show(problems, words.is_json ? "json" : words.format, context);
  return problems.has_errors() ? ExitCode::wrong_input : ExitCode::done;
}

} // namespace

RegisteredCommand add_validate_command(CLI::App& application) {
  const auto words = std::make_shared<ValidateWords>();
  CLI::App* parser =
      application.add_subcommand("validate", "Every mistake in the config(s); touches nothing");
  parser->add_option("CONFIG", words->configs, "Image configs")->required();
  parser->add_option("--release", words->plan.release, "Release profile: a name or a file");
  parser
      ->add_option("--format", words->format,
                   "human (on standard error), json, sarif or github (on standard output)")
      ->check(CLI::IsMember({"human", "json", "sarif", "github"}))
      ->capture_default_str();
  parser->add_flag("--no-file-checks", words->leaves_files_out,
                   "Does not ask whether the files exist that a config names");
  parser->add_flag("--json", words->is_json, "The same as --format json");
  parser->footer("Exits with 2 when there are mistakes; warnings alone exit with 0.");
  return {parser, [words](const CommandContext& context) { return run_validate(*words, context); }};
}

} // namespace imagewright::cli
