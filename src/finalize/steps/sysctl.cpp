// SPDX-License-Identifier: MIT
#include "../steps.hpp"

namespace imagewright::finalize::steps {

namespace {

struct Input {
  const decltype(model::OsConfig::sysctl)& settings;
};

StepYield write_settings(const Input& input, root::WorkRoot& root) {
  if (input.settings.empty()) return {};
  std::string text;
  for (const auto& [name, value] : input.settings)
    text += name + " = " + value.text + '\n';
  // After the packages' files, which by custom stop at 90.
  root.files().write("/etc/sysctl.d/95-image.conf", text, 0644);
  return {};
}

} // namespace

constinit const Step sysctl{"sysctl", AppliesTo::both,
                            k_run<write_settings, &model::OsConfig::sysctl>};

} // namespace imagewright::finalize::steps
