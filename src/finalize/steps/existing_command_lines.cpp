// SPDX-License-Identifier: MIT
#include <imagewright/base/error.hpp>

#include "../boot_loaders/base_boot_files.hpp"
#include "../boot_loaders/existing_loaders.hpp"
#include "../boot_loaders/settings_change.hpp"
#include "../steps.hpp"

namespace imagewright::finalize::steps {

namespace {

using boot_loaders::UnifiedKernels;

struct Input {
  const CommandLineChange& change;
  const std::optional<model::Located<model::UkiMode>>& uki_mode;
  const model::DiskLayout& layout;
  const std::optional<MenuSources>& menu_sources;
};

/// "modify" and "passthrough" speak of what is there.
void require_unified(const Input& input, const fs::RootDir& files) {
  bool has_any = false;
  boot_loaders::for_each_unified_kernel(files, [&](const std::string&) { has_any = true; });
  if (has_any) return;
  base::Diagnostics mistakes;
  mistakes.error("finalize.no-unified-kernel",
                 "the base has no unified kernel images, of which os.uki.mode speaks",
                 input.uki_mode->where, "remove the key, or set it to create");
  throw base::InputError(std::move(mistakes));
}

/// Where root hashes may stand that change with what they are of.
StepYield files_with_root_hashes(const Input& input, const fs::RootDir& files) {
  if (input.layout.verity.empty()) return {};
  StepYield yield{.command_line_files = boot_loaders::command_line_files(files)};
  return yield;
}

StepYield change_lines(const Input& input, root::WorkRoot& root) {
  if (input.uki_mode) require_unified(input, root.files());
  const bool may_modify = input.uki_mode && input.uki_mode->value == model::UkiMode::modify;
  if (!input.layout.verity.empty() && !may_modify) boot_loaders::refuse_unified(root.files());
  if (input.change.is_empty()) return files_with_root_hashes(input, root.files());
  boot_loaders::change_command_lines(root.files(), input.change,
                                     may_modify ? UnifiedKernels::modified : UnifiedKernels::kept);
  return files_with_root_hashes(input, root.files());
}

/// Files of the config that menus are made from come first: keys have the last word about kernel
/// arguments.
StepYield follow_and_change_lines(const Input& input, root::WorkRoot& root) {
  std::vector<base::Diagnostic> told;
  if (input.menu_sources)
    told = boot_loaders::follow_menu_sources(*input.menu_sources, root.files());
  StepYield yield = change_lines(input, root);
  yield.warnings = std::move(told);
  yield.menu_sources = boot_loaders::read_menu_sources(root.files());
  return yield;
}

} // namespace

constinit const Step existing_command_lines{
    "existing-command-lines", AppliesTo::customized,
    k_run<follow_and_change_lines, &FinalizePlan::command_line_change, &model::OsConfig::uki_mode,
          &FinalizePlan::layout, &Findings::menu_sources>};

} // namespace imagewright::finalize::steps
