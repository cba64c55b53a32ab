// SPDX-License-Identifier: MIT
#include <algorithm>

#include <imagewright/base/error.hpp>
#include <imagewright/base/text.hpp>

#include "../scripts.hpp"
#include "../steps.hpp"

namespace imagewright::finalize::steps {
namespace {

struct Input {
  const std::vector<model::ScriptConfig>& scripts;
  const std::vector<model::LocatedText>& files;
  const std::vector<model::ScriptFile>& earlier;
  const FinalizeServices& services;
};

/// What the config promises to whoever takes the outputs on.
void require_files(const Input& input, const std::vector<model::ScriptFile>& later) {
  for (const model::LocatedText& name : input.files) {
    const auto is_it = [&](const model::ScriptFile& file) { return file.name == name.text; };
    if (std::ranges::any_of(later, is_it) || std::ranges::any_of(input.earlier, is_it)) continue;
    throw base::Error(base::FailureKind::input,
                      {.code = "finalize.no-script-file",
                       .message = "no script has left " + base::quoted(name.text) + " in $" +
                                  std::string(k_files_variable),
                       .where = name.where,
                       .hint = "have a script write it there, or remove it from "
                               "output.scriptFiles"});
  }
}

StepYield run_final_scripts(const Input& input, root::WorkRoot& root) {
  StepYield yield = run_scripts({input.scripts, input.files, input.services}, root, "final");
  require_files(input, yield.script_files);
  return yield;
}

} // namespace

constinit const Step final_scripts{
    "final-scripts", AppliesTo::both,
    k_run<run_final_scripts, &model::ScriptsConfig::finalize_customization,
          &FinalizePlan::script_files, &Findings::script_files, &services>};

} // namespace imagewright::finalize::steps
