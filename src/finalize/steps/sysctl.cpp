// SPDX-License-Identifier: MIT
#include <imagewright/model/settings_files.hpp>

#include "../steps.hpp"

namespace imagewright::finalize::steps {

namespace {

struct Input {
  const decltype(model::OsConfig::sysctl)& settings;
};

StepYield write_settings(const Input& input, root::WorkRoot& root) {
  if (input.settings.empty()) return {};
  root.files().write(model::k_sysctl_file, model::sysctl_text(input.settings), 0644);
  return {};
}

} // namespace

constinit const Step sysctl{"sysctl", AppliesTo::both,
                            k_run<write_settings, &model::OsConfig::sysctl>};

} // namespace imagewright::finalize::steps
