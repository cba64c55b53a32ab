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
  input_file(words.left, "file");
  input_file(words.right, "file");
  const audit::Comparison comparison =
      audit::compare_files(words.left, words.right, context.cancellation);
  context.console.print(words.is_json ? json::to_text(audit::to_json(comparison))
                                      : audit::to_text(comparison));
  const bool is_failure = words.has_exit_code && !comparison.is_equal();
  return is_failure ? ExitCode::verification_failed : ExitCode::done;
}

} // namespace

Command diff_command() {
  const auto words = std::make_shared<DiffWords>();
  Command command{.name = "diff",
                  .summary = "Say what differs between two images, manifests or locks"};
  command.arguments = {{.value = "A",
                        .description = "An image, a manifest or a lock",
                        .target = &words->left,
                        .completes = Completes::files,
                        .is_required = true},
                       {.value = "B",
                        .description = "Another of the same kind",
                        .target = &words->right,
                        .completes = Completes::files,
                        .is_required = true},
                       json_argument(words->is_json),
                       {.names = {"--exit-code"},
                        .description = "Exit with 5 when there is a difference",
                        .target = &words->has_exit_code}};
  command.notes = "Prints nothing when there is no difference. The format of an image file does "
                  "not matter: the same disk as qcow2 and as VHD is equal.";
  command.examples = {
      {"imagewright diff old/node-x86_64.qcow2 out/node-x86_64.qcow2", "What an update changes"},
      {"imagewright diff --exit-code node.lock.json new.lock.json",
       "Fail when the packages are not the same"}};
  command.action = [words](const CommandContext& context) { return run_diff(*words, context); };
  return command;
}

} // namespace imagewright::cli
