// SPDX-License-Identifier: MIT
#include <memory>
#include <string>

#include <fmt/format.h>

#include <imagewright/base/error.hpp>
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
    text += fmt::format("{:<62} {}\n", key.key, explain(key.reason));
  }
  return text;
}

struct SchemaWords {
  bool lists_support = false;
  bool is_of_fleets = false;
  bool is_of_inject_files = false;
  bool is_of_release_profiles = false;
  bool is_of_package_lists = false;
};

std::string schema_text(const SchemaWords& words) {
  if (words.is_of_fleets) return json::to_text(fleet::fleet_schema());
  if (words.is_of_inject_files) return json::to_text(config::inject_files_schema());
  if (words.is_of_release_profiles) return json::to_text(config::release_profile_schema());
  if (words.is_of_package_lists) return json::to_text(config::package_list_schema());
  return json::to_text(config::json_schema());
}

/// One of them at a time. Throws base::Error (cli.usage).
void check_words(const SchemaWords& words) {
  const int given = (words.lists_support ? 1 : 0) + (words.is_of_fleets ? 1 : 0) +
                    (words.is_of_inject_files ? 1 : 0) + (words.is_of_release_profiles ? 1 : 0) +
                    (words.is_of_package_lists ? 1 : 0);
  if (given <= 1) return;
  throw base::Error(base::FailureKind::input, "cli.usage", "schema prints one thing at a time",
                    "give one of --support, --fleet, --inject-files, --release-profile and "
                    "--package-list");
}

} // namespace

Command schema_command() {
  const auto words = std::make_shared<SchemaWords>();
  Command command{.name = "schema",
                  .summary = "Print the JSON Schema of the config language, for editors"};
  command.arguments = {{.names = {"--support"},
                        .description = "Print instead the keys that build cannot honour; such a "
                                       "key in a config is an error",
                        .target = &words->lists_support},
                       {.names = {"--fleet"},
                        .description = "Print instead the schema of fleet files",
                        .target = &words->is_of_fleets},
                       {.names = {"--inject-files"},
                        .description = "Print instead the schema of lists of files to put back "
                                       "(inject-files.yaml)",
                        .target = &words->is_of_inject_files},
                       {.names = {"--release-profile"},
                        .description = "Print instead the schema of release profiles",
                        .target = &words->is_of_release_profiles},
                       {.names = {"--package-list"},
                        .description = "Print instead the schema of package lists",
                        .target = &words->is_of_package_lists}};
  command.notes = "An editor finds it by the first line of a config: "
                  "# yaml-language-server: $schema=imagewright.schema.json";
  command.examples = {{"imagewright schema > imagewright.schema.json", "For an editor"},
                      {"imagewright schema --support", "What build cannot honour"}};
  command.action = [words](const CommandContext& context) {
    check_words(*words);
    context.console.print(words->lists_support ? support_text() : schema_text(*words));
    return ExitCode::done;
  };
  return command;
}

} // namespace imagewright::cli
