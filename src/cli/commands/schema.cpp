// SPDX-License-Identifier: MIT
#include <memory>
#include <string>

#include <fmt/format.h>

#include <imagewright/base/error.hpp>
#include <imagewright/config/schema.hpp>
#include <imagewright/config/support.hpp>
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

} // namespace

Command schema_command() {
  const auto lists_support = std::make_shared<bool>(false);
  const auto is_of_inject_files = std::make_shared<bool>(false);
  Command command{.name = "schema",
                  .summary = "Print the JSON Schema of the config language, for editors"};
  command.arguments = {{.names = {"--support"},
                        .description = "Print instead the keys that build cannot honour; such a "
                                       "key in a config is an error",
                        .target = lists_support.get()},
                       {.names = {"--inject-files"},
                        .description = "Print instead the schema of lists of files to put back "
                                       "(inject-files.yaml)",
                        .target = is_of_inject_files.get()}};
  command.notes = "An editor finds it by the first line of a config: "
                  "# yaml-language-server: $schema=imagewright.schema.json";
  command.examples = {{"imagewright schema > imagewright.schema.json", "For an editor"},
                      {"imagewright schema --support", "What build cannot honour"}};
  command.action = [lists_support, is_of_inject_files](const CommandContext& context) {
    if (*lists_support && *is_of_inject_files) {
      throw base::Error(base::FailureKind::input, "cli.usage",
                        "--support and --inject-files exclude each other", "give one of the two");
    }
    if (*lists_support) {
      context.console.print(support_text());
    } else {
      context.console.print(json::to_text(*is_of_inject_files ? config::inject_files_schema()
                                                              : config::json_schema()));
    }
    return ExitCode::done;
  };
  return command;
}

} // namespace imagewright::cli
