// SPDX-License-Identifier: MIT
#include "../boot_loaders/settings_change.hpp"
#include "../steps.hpp"

namespace imagewright::finalize::steps {
namespace {

struct Input {
  const std::optional<MenuSources>& known;
};

StepYield read_sources(const Input& input, root::WorkRoot& root) {
  StepYield yield;
  if (!input.known) yield.menu_sources = boot_loaders::read_menu_sources(root.files());
  return yield;
}

} // namespace

/// Before anything of the config changes what the base's node makes its menus from.
constinit const Step menu_sources{"menu-sources", AppliesTo::customized,
                                  k_run<read_sources, &Findings::menu_sources>};

} // namespace imagewright::finalize::steps
