// SPDX-License-Identifier: MIT
#include "../scripts.hpp"
#include "../steps.hpp"

namespace imagewright::finalize::steps {
namespace {

StepYield run_final_scripts(const ScriptInput& input, root::WorkRoot& root) {
  run_scripts(input, root, "final");
  return {};
}

} // namespace

constinit const Step final_scripts{
    "final-scripts", AppliesTo::both,
    k_run<run_final_scripts, &model::ScriptsConfig::finalize_customization, &services>};

} // namespace imagewright::finalize::steps
