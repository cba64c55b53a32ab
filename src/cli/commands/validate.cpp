// SPDX-License-Identifier: MIT
#include <algorithm>
#include <filesystem>
#include <memory>
#include <optional>

#include <fmt/format.h>

#include <imagewright/base/diagnostic.hpp>
#include <imagewright/base/error.hpp>
#include <imagewright/base/shown_diagnostic.hpp>
#include <imagewright/base/text.hpp>
#include <imagewright/config/annotations.hpp>
#include <imagewright/config/canonical.hpp>
#include <imagewright/config/inject_files.hpp>
#include <imagewright/config/load.hpp>
#include <imagewright/config/secrets.hpp>
#include <imagewright/fs/file.hpp>
#include <imagewright/json/value.hpp>
#include <imagewright/model/config_path.hpp>
#include <imagewright/plan/build_plan.hpp>
#include <imagewright/plan/validate.hpp>

#include "../command.hpp"
#include "../config_file.hpp"
#include "../data_directories.hpp"
#include "../error_pages.hpp"
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
  bool is_canonical = false;
  bool shows_secrets = false;
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
    array.push_back(to_json(base::without_secrets(diagnostic)));
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

/// The text of a file, for a look at what it is; empty when it cannot be read as a config: the
/// reader of configs says why.
std::string text_of(const std::string& path) {
  constexpr std::uintmax_t most = 16U << 20U;
  std::error_code error;
  const bool is_file = std::filesystem::is_regular_file(path, error);
  if (!is_file || std::filesystem::file_size(path, error) > most) return "";
  try {
    return fs::find_file(path, base::ByteSize(most)).value_or("");
  } catch (const base::Error&) {
    return "";
  }
}

/// The mistakes in a list of files to put back; nothing when this is no such list.
std::optional<base::Diagnostics> check_inject_files(const std::string& text,
                                                    const std::string& file,
                                                    const ValidateWords& words,
                                                    const config::LoadOptions& load_options) {
  if (!config::is_inject_files(text, file)) return std::nullopt;
  if (words.is_canonical) {
    throw base::Error(base::FailureKind::input, "cli.usage",
                      fmt::format("{} is a list of files to put back, and --canonical writes image "
                                  "configs",
                                  base::quoted(file)),
                      "leave --canonical out");
  }
  return config::check_inject_files(text, file, load_options);
}

config::SarifTool sarif_tool() {
  return {.version = k_version,
          .page_of =
              [](std::string_view code) {
                const auto pages = error_pages();
                const auto page = std::ranges::find(pages, code, &ErrorPage::code);
                return page == pages.end() ? std::string_view() : page->text;
              },
          .pages_url = k_pages_url};
}

void show(const base::Diagnostics& problems, const ValidateWords& words,
          const std::optional<std::string>& text, const CommandContext& context) {
  const std::string format = words.is_json ? "json" : words.format;
  if (format == "json") {
    context.console.print(json_text(problems));
  } else if (format == "sarif") {
    context.console.print(json::to_text(config::to_sarif(problems.sorted(), sarif_tool())));
  } else if (format == "gitlab") {
    context.console.print(
        json::to_text(config::to_gitlab_report(problems.sorted(), words.configs.front())));
  } else if (format == "github") {
    context.console.print(config::to_github_annotations(problems.sorted()));
  } else {
    context.console.show(problems, line_reader(text));
  }
}

/// The options that go with the canonical form, and no others. Throws base::Error (cli.usage).
void check_words(const ValidateWords& words) {
  const auto refuse = [](std::string message, std::string hint) {
    throw base::Error(base::FailureKind::input, "cli.usage", std::move(message), std::move(hint));
  };
  if (words.shows_secrets && !words.is_canonical)
    refuse("--show-secrets says how --canonical writes, which is not given", "add --canonical");
  if (!words.is_canonical) return;
  if (words.configs.size() != 1)
    refuse("--canonical writes one config", "give one CONFIG at a time");
  if (words.is_json || words.format != "human")
    refuse("--canonical writes the config, and --format the mistakes in it", "give one of the two");
}

void print_canonical(const ValidateWords& words, const std::optional<std::string>& text,
                     const config::LoadOptions& load_options, const CommandContext& context) {
  const config::LoadedImageConfig loaded =
      text ? config::load_image_config_text(*text, k_standard_input, load_options)
           : config::load_image_config(chosen_config(words.configs.front(), words.plan.variant),
                                       load_options);
  context.console.print(config::canonical_text(
      loaded.config, words.shows_secrets ? config::Secrets::shown : config::Secrets::masked));
}

/// The configs, and in the place of one with variants each of these: what they share is looked at
/// with each.
std::vector<std::string> with_variants(const ValidateWords& words) {
  std::vector<std::string> configs;
  for (const std::string& config : words.configs) {
    const bool is_file = config != "-" && model::config_path_from(config).variant.empty();
    const bool is_chosen = !words.plan.variant.empty() && words.plan.variant != "all";
    std::error_code ignored;
    const bool may_have_variants = is_file && !is_chosen && !words.is_canonical &&
                                   std::filesystem::is_regular_file(config, ignored);
    const auto names = may_have_variants ? config::variants_in(config) : std::vector<std::string>();
    for (const std::string& name : names)
      configs.push_back(model::path_of({config, name}).string());
    if (names.empty())
      configs.push_back(is_chosen ? chosen_config(config, words.plan.variant) : config);
  }
  return configs;
}

/// Variants share mistakes, which are told once.
void append_new(base::Diagnostics& problems, const base::Diagnostics& more) {
  for (const base::Diagnostic& each : more.items()) {
    const auto is_same = [&](const base::Diagnostic& known) {
      return known.code == each.code && known.message == each.message && known.where == each.where;
    };
    if (std::ranges::none_of(problems.items(), is_same)) problems.add(each);
  }
}

ExitCode run_validate(const ValidateWords& words, const CommandContext& context) {
  check_words(words);
  base::Diagnostics problems;
  const config::LoadOptions load_options{
      .file_checks =
          words.leaves_files_out ? config::FileChecks::skipped : config::FileChecks::performed,
      .role_directories = installed_directories(context.invocation, "roles")};
  std::optional<std::string> text;
  for (const std::string& config : with_variants(words)) {
    PlanWords plan_words = words.plan;
    plan_words.config = config == "-" ? "" : config;
    plan::PlanOptions options = plan_options_from(plan_words, context);
    const bool is_standard_input = config == "-";
    if (is_standard_input) {
      if (!text) text = fs::read_file("/dev/stdin", base::ByteSize::mib(16));
      options.config = k_standard_input;
    }
    const auto found = check_inject_files(
        is_standard_input ? *text : text_of(model::config_path_from(config).file), options.config,
        words, load_options);
    if (found) {
      append_new(problems, *found);
    } else if (is_standard_input) {
      append_new(problems, plan::validate_config_text(*text, options, load_options));
    } else {
      append_new(problems, plan::validate_config(options, load_options));
    }
  }
  show(problems, words, text, context);
  if (words.is_canonical && !problems.has_errors())
    print_canonical(words, text, load_options, context);
  return problems.has_errors() ? ExitCode::wrong_input : ExitCode::done;
}

} // namespace

Command validate_command() {
  const auto words = std::make_shared<ValidateWords>();
  Command command{.name = "validate", .summary = "Every mistake in the config(s); touches nothing"};
  command.arguments = {
      {.value = "CONFIG",
       .description = "Image configs, and lists of files to put back (inject-files.yaml); - is "
                      "standard input",
       .target = &words->configs,
       .completes = Completes::files,
       .is_required = true},
      {.names = {"--variant"},
       .value = "NAME",
       .description = "One of the config's variants; the same as CONFIG@NAME",
       .target = &words->plan.variant},
      release_argument(words->plan),
      {.names = {"--format"},
       .value = "FORMAT",
       .description = "human goes to standard error, the others to standard output",
       .target = &words->format,
       .choices = {"human", "json", "sarif", "github", "gitlab"}},
      {.names = {"--canonical"},
       .description = "Print the config as it was understood: base configs and package lists "
                      "merged in, one spelling for each value; itself a config",
       .target = &words->is_canonical},
      {.names = {"--show-secrets"},
       .description = "Let --canonical print passwords and their hashes",
       .target = &words->shows_secrets},
      {.names = {"--no-file-checks"},
       .description = "Do not look for the files that a config names, such as sources and scripts; "
                      "base configs and package lists are read all the same",
       .target = &words->leaves_files_out},
      json_argument(words->is_json, "The same as --format json")};
  command.notes = "Exits with 2 when there are mistakes; warnings alone exit with 0.";
  command.examples = {{"imagewright validate configs/*.yaml", "All configs at once"},
                      {"imagewright validate --canonical node.yaml",
                       "What a config says with all that it builds on"},
                      {"imagewright validate --format sarif node.yaml > node.sarif",
                       "For a code scanning service"}};
  command.action = [words](const CommandContext& context) { return run_validate(*words, context); };
  return command;
}

} // namespace imagewright::cli
