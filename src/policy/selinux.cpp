// SPDX-License-Identifier: MIT
#include <algorithm>
#include <optional>
#include <string>
#include <vector>

#include <imagewright/base/text.hpp>
#include <imagewright/policy/selinux_words.hpp>

#include "command_line.hpp"
#include "roles.hpp"

namespace imagewright::policy {
namespace {

constexpr auto k_key = "os.selinux.mode";
constexpr auto k_configuration = "/etc/selinux/config";

/// The mode, and who wants it.
struct Mode {
  model::SelinuxMode value = model::SelinuxMode::disabled;
  base::SourceLocation where;
  std::string origin;
};

/// The release's mode is for configs that say nothing of SELinux, on the command line neither.
std::optional<Mode> mode_of(const PolicyInput& input) {
  if (const auto& wish = input.config.os.selinux_mode) return Mode{wish->value, wish->where, k_key};
  const auto& usual = input.release.default_selinux_mode;
  const bool is_given = std::ranges::any_of(user_arguments(input.config), [](const auto& argument) {
    const auto key = key_of(argument.text);
    return key == "selinux" || key == "enforcing" || key == "security" || key == "lsm";
  });
  if (!usual || is_given) return std::nullopt;
  return Mode{usual->value, usual->where, "release " + input.release.name};
}

void add_arguments(PolicyPart& part, const Mode& mode, const std::vector<std::string>& words) {
  for (const auto& word : words)
    part.policy.kernel_arguments.push_back({word, mode.origin, mode.where});
}

void add_check(PolicyPart& part, const std::string& expected) {
  part.policy.checks.push_back({.name = "SELinux is " + expected,
                                .kind = model::CheckKind::selinux_mode,
                                .subject = "",
                                .expected = expected});
}

void add_setting(PolicyPart& part, const Mode& mode, const std::string& value,
                 model::PolicySetting::Absence absence) {
  part.policy.settings.push_back({.path = k_configuration,
                                  .key = "SELINUX",
                                  .value = value,
                                  .absence = absence,
                                  .hint = "install an SELinux policy, such as selinux-policy",
                                  .origin = mode.origin});
}

void claim(PolicyPart& part, const Mode& mode, const std::string& key,
           const std::vector<std::string>& allowed) {
  part.claims.push_back({key, allowed, mode.origin, mode.where});
}

void disable(PolicyPart& part, const Mode& mode) {
  add_arguments(part, mode, selinux_arguments(mode.value));
  claim(part, mode, "selinux", {"0"});
  claim(part, mode, "enforcing", {"0"});
  const std::string word = selinux_setting(mode.value);
  add_setting(part, mode, word, model::PolicySetting::Absence::ignored);
  part.policy.file_labels = model::FileLabels::none;
  add_check(part, word);
}

/// lsm= names every security module that is to be active.
void refuse_missing_module(PolicyPart& part, const PolicyInput& input, const Mode& mode) {
  const auto argument = find_given_argument(input, "lsm");
  if (!argument) return;
  for (const auto& module : base::split(value_of(argument->text), ',')) {
    if (module == "selinux") return;
  }
  part.diagnostics.add({.code = "policy.command-line-conflict",
                        .message = "the kernel argument " + base::quoted(argument->text) +
                                   " leaves SELinux out, which contradicts " + mode.origin,
                        .where = argument->where,
                        .related = {{mode.where, mode.origin + " is decided here"}},
                        .hint = "add selinux to the list, or change os.selinux.mode"});
}

void enable(PolicyPart& part, const PolicyInput& input, const Mode& mode) {
  const bool is_permissive = mode.value == model::SelinuxMode::permissive;
  add_arguments(part, mode, selinux_arguments(mode.value));
  claim(part, mode, "security", {"selinux"});
  claim(part, mode, "selinux", {"1"});
  claim(part, mode, "enforcing", {is_permissive ? "0" : "1"});
  refuse_missing_module(part, input, mode);
  request_role(part, input, "selinux-policy", mode.origin, mode.where);
  const std::string word = selinux_setting(mode.value);
  add_setting(part, mode, word, model::PolicySetting::Absence::refused);
  part.policy.file_labels = model::FileLabels::required;
  add_check(part, word);
}

} // namespace

PolicyPart selinux_policy(const PolicyInput& input) {
  PolicyPart part;
  const auto mode = mode_of(input);
  if (mode && mode->value == model::SelinuxMode::disabled) {
    disable(part, *mode);
  } else if (mode) {
    enable(part, input, *mode);
  } else if (const auto given = find_given_argument(input, "selinux");
             given && given->text == "selinux=0") {
    part.policy.file_labels = model::FileLabels::none;
    add_check(part, "disabled");
  }
  return part;
}

} // namespace imagewright::policy
