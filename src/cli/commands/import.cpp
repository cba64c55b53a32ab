// SPDX-License-Identifier: MIT
#include <filesystem>
#include <memory>
#include <optional>

#include <fmt/format.h>

#include <imagewright/base/error.hpp>
#include <imagewright/base/text.hpp>
#include <imagewright/config/import.hpp>

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

/// A file that the definition names, relative to it.
std::optional<std::string> read_beside(const std::string& file, const std::string& path) {
  const auto place = std::filesystem::absolute(file).parent_path() / path;
  try {
    return read_input(place, "package list", base::ByteSize::mib(16));
  } catch (const base::Error&) {
    // Whoever builds from the config is told of it.
    return std::nullopt;
  }
}

ExitCode run_import(const ImportWords& words, const CommandContext& context) {
  const std::string text = read_input(words.file, "JSON file", base::ByteSize::mib(16));
  const auto configs = config::import_toolkit_json(
      text, words.file, [&](const std::string& path) { return read_beside(words.file, path); });
  const config::ImportedConfig& config = chosen(configs, words);
  for (const std::string& line : config.left_out) {
    context.console.reporter().message(report::Level::warning, "not carried over: " + line);
  }
  context.console.print(config.text);
  return ExitCode::done;
}

} // namespace

Command import_command() {
  const auto words = std::make_shared<ImportWords>();
  Command command{.name = "import",
                  .summary = "Print the config that an older JSON image definition of the "
                             "azurelinux toolkit amounts to"};
  command.arguments = {{.value = "JSON",
                        .description = "The JSON file",
                        .target = &words->file,
                        .completes = Completes::files,
                        .is_required = true},
                       {.names = {"--system"},
                        .value = "NAME",
                        .description = "Which of its system configs, by name",
                        .target = &words->system}};
  command.notes = "What could not be carried over stands in comments at the top of the config.";
  command.examples = {
      {"imagewright import core-efi.json > core.yaml", "Begin with what there is"},
      {"imagewright import --system Standard images.json", "One of several systems"}};
  command.action = [words](const CommandContext& context) { return run_import(*words, context); };
  return command;
}

} // namespace imagewright::cli
