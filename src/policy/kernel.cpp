// SPDX-License-Identifier: MIT
#include <algorithm>
#include <string>

#include <imagewright/base/text.hpp>
#include <imagewright/base/version_series.hpp>

#include "command_line.hpp"
#include "roles.hpp"

namespace imagewright::policy {
namespace {

constexpr auto k_role = "kernel";

/// A user who removes the release's kernel brings another one.
bool is_removed(const model::PackagesConfig& packages, const std::string& name) {
  const auto is_named = [&](const model::PackageRequest& request) { return request.spec == name; };
  return std::ranges::any_of(packages.remove, is_named) ||
         std::ranges::find(packages.exclude, name, &model::LocatedText::text) !=
             packages.exclude.end();
}

void add_package(PolicyPart& part, const PolicyInput& input) {
  const auto& wish = input.config.os.kernel.package;
  if (wish) {
    part.policy.default_kernel.package = wish->text;
    part.policy.packages.push_back(
        {.spec = wish->text, .where = wish->where, .origin = "os.kernel.package"});
    return;
  }
  if (has_packaged_kernel(input)) {
    request_role(part, input, "unified-kernel", "os.uki.mode", input.config.os.uki_mode->where);
    return;
  }
  request_role(part, input, k_role, "every image", input.release.where);
  std::erase_if(part.policy.packages, [&](const model::PackageRequest& request) {
    return is_removed(input.config.os.packages, request.spec);
  });
}

/// The user's series replaces the release's only together with the user's own kernel.
void add_series(PolicyPart& part, const PolicyInput& input) {
  const auto& wish = input.config.os.kernel.series;
  const auto* baseline = find_baseline(input.release, k_role);
  const bool is_own_kernel = input.config.os.kernel.package.has_value();
  if (wish && baseline != nullptr && !is_own_kernel &&
      !base::is_in_series(wish->text, baseline->series)) {
    part.diagnostics.add(
        {.code = "policy.kernel-series-conflict",
         .message = "the kernel series " + base::quoted(wish->text) + " is not in " +
                    base::quoted(baseline->series) + ", which release " +
                    base::quoted(input.release.name) + " demands",
         .where = wish->where,
         .related = {{baseline->where, "the baseline of the release"}},
         .hint =
             "name the package of that kernel in os.kernel.package, or remove os.kernel.series"});
    return;
  }
  const auto series = wish                                    ? wish->text
                      : baseline != nullptr && !is_own_kernel ? baseline->series
                                                              : "";
  if (series.empty()) return;
  part.policy.default_kernel.series = series;
  part.policy.checks.push_back({.name = "kernel is " + series,
                                .kind = model::CheckKind::kernel_series,
                                .subject = "",
                                .expected = series});
}

} // namespace

PolicyPart kernel_policy(const PolicyInput& input) {
  PolicyPart part;
  add_package(part, input);
  add_series(part, input);
  for (const auto& argument : user_arguments(input.config)) {
    part.policy.checks.push_back({.name = "kernel argument " + argument.text,
                                  .kind = model::CheckKind::command_line_has,
                                  .subject = "",
                                  .expected = argument.text});
  }
  return part;
}

} // namespace imagewright::policy
