// SPDX-License-Identifier: MIT
#include <memory>
#include <string>

#include <fmt/format.h>

#include <imagewright/config/schema.hpp>
#include <imagewright/config/support.hpp>
#include <imagewright/fleet/fleet_file.hpp>
#include <imagewright/json/value.hpp>

#include "../command.hpp"

namespace imagewright::cli {

namespace {

std::string_view explain(config::UnsupportedReason reason) {
  switch (reason) {
  case config::UnsupportedReason::needs_base_image:
    return "has a meaning only for an image that exists";
  case config::UnsupportedReason::not_built_yet:
    break;
  }
  return "is not done yet";
}

/// A key a line: what `build` refuses although the language has it.
std::string support_text() {
  std::string text;
  for (const config::UnsupportedKey& key : config::unsupported_keys(config::Command::build)) {
    text += fmt::format("{:<40} {}\n", key.key, explain(key.reason));
  }
  return text;
}

struct SchemaWords {
  bool lists_support = false;
  bool is_of_fleets = false;
  bool is_of_inject_files = false;
};

std::string schema_text(const SchemaWords& words) {
  if (words.is_of_fleets) return json::to_text(fleet::fleet_schema());
  if (words.is_of_inject_files) return json::to_text(config::inject_files_schema());
  return json::to_text(config::json_schema());
}

} // namespace

Command schema_command() {
  const auto words = std::make_shared<SchemaWords>();
  Command command{.name = "schema",
                  .summary = "Print the JSON Schema of the config language, for editors"};
  command.arguments = {{.names = {"--support"},
                        .description = "Print instead the keys that build cannot honour; such a "
                                       "key in a config is an error",
                        .target = &words->lists_support,
                        .excludes = "--fleet"},
                       {.names = {"--fleet"},
                        .description = "Print instead the schema of fleet files",
                        .target = &words->is_of_fleets,
                        .excludes = "--inject-files"},
                       {.names = {"--inject-files"},
                        .description = "Print instead the schema of lists of files to put back "
                                       "(inject-files.yaml)",
                        .target = &words->is_of_inject_files,
                        .excludes = "--support"}};
  command.notes = "An editor finds it by the first line of a config: "
                  "# yaml-language-server: $schema=imagewright.schema.json";
  command.examples = {{"imagewright schema > imagewright.schema.json", "For an editor"},
                      {"imagewright schema --support", "What build cannot honour"}};
  command.action = [words](const CommandContext& context) {
    context.console.print(words->lists_support ? support_text() : schema_text(*words));
    return ExitCode::done;
  };
  return command;
}

} // namespace imagewright::cli
