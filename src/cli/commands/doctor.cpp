// SPDX-License-Identifier: MIT
#include <memory>

#include <imagewright/json/value.hpp>
#include <imagewright/pipeline/examine_host.hpp>

#include "../command.hpp"

namespace imagewright::cli {

namespace {

ExitCode run_doctor(OutputStyle style, const CommandContext& context) {
  const pipeline::HostExamination examination =
      pipeline::examine_host(context.services_without_cache());
  context.console.print(style == OutputStyle::json ? json::to_text(pipeline::to_json(examination))
                                                   : pipeline::to_text(examination));
  return examination.can_build() ? ExitCode::done : ExitCode::host_cannot;
}

} // namespace

RegisteredCommand add_doctor_command(CLI::App& application) {
  const auto is_json = std::make_shared<bool>(false);
  CLI::App* parser = application.add_subcommand(
      "doctor", "What this host can and cannot do for a build, and the remedy for each gap");
  parser->add_flag("--json", *is_json, "Print the findings as JSON");
  parser->footer("Exits with 4 when this host cannot build images.");
  return {parser, [is_json](const CommandContext& context) {
            return run_doctor(*is_json ? OutputStyle::json : OutputStyle::text, context);
          }};
}

} // namespace imagewright::cli
