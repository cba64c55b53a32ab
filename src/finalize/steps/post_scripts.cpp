// SPDX-License-Identifier: MIT
#include "../scripts.hpp"
#include "../steps.hpp"

namespace imagewright::finalize::steps {
namespace {

StepYield run_post_scripts(const ScriptInput& input, root::WorkRoot& root) {
  return run_scripts(input, root, "post");
}

} // namespace

/// Before the initramfs is made, so that what these scripts change is in it.
constinit const Step post_scripts{"post-scripts", AppliesTo::both,
                                  k_run<run_post_scripts, &model::ScriptsConfig::post_customization,
                                        &FinalizePlan::script_files, &services>};

} // namespace imagewright::finalize::steps
