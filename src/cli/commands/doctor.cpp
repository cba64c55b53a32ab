// SPDX-License-Identifier: MIT
#include <memory>

#include <imagewright/json/value.hpp>
#include <imagewright/pipeline/examine_host.hpp>

#include "../command.hpp"

namespace imagewright::cli {

namespace {

ExitCode run_doctor(OutputStyle style, const CommandContext& context) {
  const pipeline::HostExamination examination =
      pipeline::examine_host(context.services(CacheUse::none));
  context.console.print(style == OutputStyle::json ? json::to_text(pipeline::to_json(examination))
                                                   : pipeline::to_text(examination));
  return examination.can_build() ? ExitCode::done : ExitCode::host_cannot;
}

} // namespace

Command doctor_command() {
  const auto is_json = std::make_shared<bool>(false);
  Command command{.name = "doctor",
                  .summary =
                      "What this host can and cannot do for a build, and the remedy for each gap"};
  command.arguments = {json_argument(*is_json)};
  command.notes = "Exits with 4 when this host cannot build images.";
  command.examples = {{"imagewright doctor", "Look before the first build"},
                      {"imagewright doctor --json", "The findings for a program"}};
  command.action = [is_json](const CommandContext& context) {
    return run_doctor(*is_json ? OutputStyle::json : OutputStyle::text, context);
  };
  return command;
}

} // namespace imagewright::cli
