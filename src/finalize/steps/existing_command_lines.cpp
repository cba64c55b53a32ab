// SPDX-License-Identifier: MIT
#include "../boot_loaders/existing_loaders.hpp"
#include "../steps.hpp"

namespace imagewright::finalize::steps {

namespace {

struct Input {
  const CommandLineChange& change;
};

StepYield change_lines(const Input& input, root::WorkRoot& root) {
  if (!input.change.is_empty()) boot_loaders::change_command_lines(root.files(), input.change);
  return {};
}

} // namespace

constinit const Step existing_command_lines{
    "existing-command-lines", AppliesTo::customized,
    k_run<change_lines, &FinalizePlan::command_line_change>};

} // namespace imagewright::finalize::steps
