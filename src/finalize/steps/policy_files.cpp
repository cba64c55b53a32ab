// SPDX-License-Identifier: MIT
#include <imagewright/base/error.hpp>
#include <imagewright/base/text.hpp>

#include "../key_value.hpp"
#include "../steps.hpp"

namespace imagewright::finalize::steps {
namespace {

void apply(const Context& context, const model::PolicySetting& setting) {
  const auto text = context.root.find_content(setting.path);
  if (!text) {
    if (setting.absence == model::PolicySetting::Absence::ignored) return;
    throw base::Error(base::FailureKind::build, "finalize.missing-file",
                      "the image has no file " + base::quoted(setting.path) + ", where " +
                          setting.origin + " has to set " + setting.key,
                      setting.hint);
  }
  context.root.write(setting.path, with_value(*text, setting.key, setting.value),
                     context.root.find_target_status(setting.path)->permissions);
}

} // namespace

void policy_files(const Context& context) {
  for (const auto& file : context.plan.policy.files) {
    context.root.write(file.path, file.content, file.permissions);
  }
  for (const auto& setting : context.plan.policy.settings)
    apply(context, setting);
}

} // namespace imagewright::finalize::steps
