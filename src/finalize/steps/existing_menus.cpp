// SPDX-License-Identifier: MIT
#include "../boot_loaders/settings_change.hpp"
#include "../steps.hpp"

namespace imagewright::finalize::steps {
namespace {

struct Input {
  const std::optional<MenuSources>& before;
};

StepYield follow_sources(const Input& input, root::WorkRoot& root) {
  StepYield yield;
  if (input.before) yield.warnings = boot_loaders::follow_menu_sources(*input.before, root.files());
  return yield;
}

} // namespace

/// After the last scripts, which may have changed what menus are made from.
constinit const Step existing_menus{"existing-menus", AppliesTo::customized,
                                    k_run<follow_sources, &Findings::menu_sources>};

} // namespace imagewright::finalize::steps
