// SPDX-License-Identifier: MIT
#include <memory>

#include <imagewright/pipeline/build.hpp>

#include "../command.hpp"
#include "../plan_options.hpp"
#include "version.hpp"

namespace imagewright::cli {

namespace {

struct BuildWords {
  PlanWords plan;
  std::string output_directory;
  std::string report_file;
  std::string emulation = "auto";
  bool keeps_root = false;
};

pipeline::EmulationUse emulation_use(const std::string& word) {
  if (word == "full") return pipeline::EmulationUse::full;
  if (word == "forced") return pipeline::EmulationUse::forced;
  return pipeline::EmulationUse::automatic;
}

ExitCode run_build(const BuildWords& words, const CommandContext& context) {
  const pipeline::BuildOptions options{.plan = plan_options_from(words.plan, context),
                                       .resolve = resolve_options_from(words.plan, context),
                                       .output_directory = words.output_directory,
                                       .root_directory = words.keeps_root
                                                             ? pipeline::RootDirectory::kept
                                                             : pipeline::RootDirectory::removed,
                                       .emulation = emulation_use(words.emulation),
                                       .report_file = words.report_file,
                                       .tool_version = k_version};
  for (const fs::PublishedFile& file : pipeline::build(options, context.services())) {
    context.console.print(file.path.string() + "\n");
  }
  return ExitCode::done;
}

} // namespace

RegisteredCommand add_build_command(CLI::App& application) {
  const auto words = std::make_shared<BuildWords>();
  CLI::App* parser =
      application.add_subcommand("build", "Compose the image(s) that CONFIG describes");
  add_plan_options(*parser, words->plan);
  add_format_option(*parser, words->plan);
  add_lock_use_options(*parser, words->plan);
  parser->add_option("--output-dir", words->output_directory,
                     "Where artifacts are published (default: the directory of "
                     "output.image.path, else out)");
  parser->add_option("--report", words->report_file, "Write the build report to this file as well");
  parser->add_flag("--keep-root", words->keeps_root,
                   "Keep the installed root as NAME-ARCH.root in the output directory");
  parser
      ->add_option("--emulation", words->emulation,
                   "Programs of a foreign architecture that run under an emulator: auto, those "
                   "without a native twin; full, all; forced, the host's own as well")
      ->check(CLI::IsMember({"auto", "full", "forced"}))
      ->capture_default_str();
  parser->footer("Prints the paths of the published files, one a line.");
  return {parser, [words](const CommandContext& context) { return run_build(*words, context); }};
}

} // namespace imagewright::cli
