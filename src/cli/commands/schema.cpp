// SPDX-License-Identifier: MIT
#include <imagewright/config/schema.hpp>
#include <imagewright/json/value.hpp>

#include "../command.hpp"

namespace imagewright::cli {

RegisteredCommand add_schema_command(CLI::App& application) {
  CLI::App* parser = application.add_subcommand(
      "schema", "Print the JSON Schema of the config language, for editors");
  parser->footer("For example: imagewright schema > imagewright.schema.json, and as the first line "
                 "of a config\n"
                 "# yaml-language-server: $schema=imagewright.schema.json");
  return {parser, [](const CommandContext& context) {
            context.console.print(json::to_text(config::json_schema()));
            return ExitCode::done;
          }};
}

} // namespace imagewright::cli
