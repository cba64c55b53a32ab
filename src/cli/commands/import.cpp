// SPDX-License-Identifier: MIT
#include <memory>

#include <fmt/format.h>

#include <imagewright/base/error.hpp>
#include <imagewright/base/text.hpp>
#include <imagewright/config/import.hpp>
#include <imagewright/fs/file.hpp>

#include "../command.hpp"

namespace imagewright::cli {

namespace {

struct ImportWords {
  std::string file;
  std::string system;
};

/// The system config to print: the only one, or the one that is named.
const config::ImportedConfig& chosen(const std::vector<config::ImportedConfig>& configs,
                                     const ImportWords& words) {
  std::vector<std::string> names;
  for (const config::ImportedConfig& config : configs) {
    if (config.name == words.system || (words.system.empty() && configs.size() == 1)) return config;
    names.push_back(base::quoted(config.name));
  }
  throw base::Error(base::FailureKind::input, "cli.system-config-unclear",
                    fmt::format("{} holds {} system configs: {}", base::quoted(words.file),
                                configs.size(), base::join(names, ", ")),
                    "choose one with --system NAME");
}

ExitCode run_import(const ImportWords& words, const CommandContext& context) {
  const std::string text = fs::read_file(words.file, base::ByteSize::mib(16));
  const auto configs = config::import_toolkit_json(text, words.file);
  const config::ImportedConfig& config = chosen(configs, words);
  for (const std::string& line : config.left_out) {
    context.console.reporter().message(report::Level::warning, "not carried over: " + line);
  }
  context.console.print(config.text);
  return ExitCode::done;
}

} // namespace

RegisteredCommand add_import_command(CLI::App& application) {
  const auto words = std::make_shared<ImportWords>();
  CLI::App* parser = application.add_subcommand(
      "import",
      "Print the config that an older JSON image definition of the azurelinux toolkit amounts to");
  parser->add_option("JSON", words->file, "The JSON file")->required();
  parser->add_option("--system", words->system, "Which of its system configs, by name");
  parser->footer("What could not be carried over stands in comments at the top of the config.");
  return {parser, [words](const CommandContext& context) { return run_import(*words, context); }};
}

} // namespace imagewright::cli
