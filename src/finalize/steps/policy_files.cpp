// SPDX-License-Identifier: MIT
#include <imagewright/base/error.hpp>
#include <imagewright/base/key_value.hpp>
#include <imagewright/base/text.hpp>

#include "../steps.hpp"

namespace imagewright::finalize::steps {
namespace {

struct Input {
  const std::vector<model::PolicyFile>& files;
  const std::vector<model::PolicySetting>& settings;
};

void apply(const fs::RootDir& files, const model::PolicySetting& setting) {
  const auto text = files.find_content(setting.path);
  if (!text) {
    if (setting.absence == model::PolicySetting::Absence::ignored) return;
    throw base::Error(base::FailureKind::build, "finalize.missing-file",
                      "the image has no file " + base::quoted(setting.path) + ", where " +
                          setting.origin + " has to set " + setting.key,
                      setting.hint);
  }
  files.write(setting.path, base::with_value(*text, setting.key, setting.value),
              files.find_target_status(setting.path)->permissions);
}

StepYield write_policy_files(const Input& input, root::WorkRoot& root) {
  const fs::RootDir& files = root.files();
  for (const auto& file : input.files) {
    files.write(file.path, file.content, file.permissions);
  }
  for (const auto& setting : input.settings)
    apply(files, setting);
  return {};
}

} // namespace

constinit const Step policy_files{
    "policy-files", AppliesTo::both,
    k_run<write_policy_files, &model::SystemPolicy::files, &model::SystemPolicy::settings>};

} // namespace imagewright::finalize::steps
