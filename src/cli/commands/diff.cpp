// SPDX-License-Identifier: MIT
#include <memory>

#include <imagewright/audit/comparison.hpp>

#include "../command.hpp"

namespace imagewright::cli {

namespace {

struct DiffWords {
  std::string left;
  std::string right;
  bool is_json = false;
  bool has_exit_code = false;
};

ExitCode run_diff(const DiffWords& words, const CommandContext& context) {
  const audit::Comparison comparison =
      audit::compare_files(words.left, words.right, context.cancellation);
  context.console.print(words.is_json ? json::to_text(audit::to_json(comparison))
                                      : audit::to_text(comparison));
  const bool is_failure = words.has_exit_code && !comparison.is_equal();
  return is_failure ? ExitCode::verification_failed : ExitCode::done;
}

} // namespace

RegisteredCommand add_diff_command(CLI::App& application) {
  const auto words = std::make_shared<DiffWords>();
  CLI::App* parser =
      application.add_subcommand("diff", "Say what differs between two images, manifests or locks");
  parser->add_option("A", words->left, "An image, a manifest or a lock")->required();
  parser->add_option("B", words->right, "Another of the same kind")->required();
  parser->add_flag("--json", words->is_json, "Print it as JSON");
  parser->add_flag("--exit-code", words->has_exit_code, "Exit with 5 when there is a difference");
  parser->footer("Prints nothing when there is no difference. The format of an image file does not "
                 "matter:\nthe same disk as qcow2 and as VHD is equal.");
  return {parser, [words](const CommandContext& context) { return run_diff(*words, context); }};
}

} // namespace imagewright::cli
