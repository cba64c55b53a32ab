// SPDX-License-Identifier: MIT
#include <memory>
#include <string>

#include <fmt/format.h>

#include <imagewright/config/schema.hpp>
#include <imagewright/config/support.hpp>
#include <imagewright/json/value.hpp>

#include "../command.hpp"

namespace imagewright::cli {

namespace {

enum class SchemaTopic : std::uint8_t { schema, support };

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

RegisteredCommand add_schema_command(CLI::App& application) {
  CLI::App* parser = application.add_subcommand(
      "schema", "Print the JSON Schema of the config language, for editors");
  const auto topic = std::make_shared<SchemaTopic>(SchemaTopic::schema);
  parser->add_flag_callback(
      "--support", [topic] { *topic = SchemaTopic::support; },
      "Print instead the keys that build cannot honour; such a key in a config is an error");
  parser->footer("For example: imagewright schema > imagewright.schema.json, and as the first line "
                 "of a config\n"
                 "# yaml-language-server: $schema=imagewright.schema.json");
  return {parser, [topic](const CommandContext& context) {
            context.console.print(*topic == SchemaTopic::support
                                      ? support_text()
                                      : json::to_text(config::json_schema()));
            return ExitCode::done;
          }};
}

} // namespace imagewright::cli
