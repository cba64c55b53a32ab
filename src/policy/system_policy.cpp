// SPDX-License-Identifier: MIT
#include <algorithm>
#include <set>
#include <string>

#include <imagewright/base/text.hpp>
#include <imagewright/policy/system_policy.hpp>

#include "command_line.hpp"
#include "roles.hpp"

namespace imagewright::policy {
namespace {

template <typename Item>
void append(std::vector<Item>& items, const std::vector<Item>& more) {
  items.insert(items.end(), more.begin(), more.end());
}

void choose(std::string& wish, const std::string& other) {
  if (!other.empty()) wish = other;
}

void merge(model::DefaultKernel& wish, const model::DefaultKernel& part) {
  auto& [package, series] = wish;
  const auto& [part_package, part_series] = part;
  choose(package, part_package);
  choose(series, part_series);
}

/// Every member of both is named, so that a new one that nobody merges does not compile. Kernel
/// arguments are merged by with_command_line.
void merge(model::SystemPolicy& policy, const model::SystemPolicy& part) {
  auto& [packages, kernel_arguments, yielded_arguments, files, settings, units, file_labels,
         initramfs_modules, initramfs_drivers, kernel_companions, default_kernel, checks] = policy;
  const auto& [more_packages, more_arguments, more_yielded, more_files, more_settings, more_units,
               part_labels, more_modules, more_drivers, more_companions, part_kernel, more_checks] =
      part;
  append(packages, more_packages);
  append(files, more_files);
  append(settings, more_settings);
  append(units, more_units);
  if (part_labels != model::FileLabels::automatic) file_labels = part_labels;
  append(initramfs_modules, more_modules);
  append(initramfs_drivers, more_drivers);
  append(kernel_companions, more_companions);
  merge(default_kernel, part_kernel);
  append(checks, more_checks);
}

/// Roles that a policy of their own asks for, with its own conditions.
bool has_own_policy(const std::string& role) {
  return role == "kernel" || role == "init";
}

PolicyPart base_roles(const PolicyInput& input) {
  PolicyPart part;
  part.diagnostics.append(check_left_out_roles(input));
  for (const auto& role : input.release.base_roles) {
    if (is_left_out(input, role.text)) continue;
    if (!has_own_policy(role.text)) request_role(part, input, role.text, "every image", role.where);
  }
  return part;
}

PolicyPart wished_roles(const PolicyInput& input) {
  PolicyPart part;
  for (const auto& role : input.config.os.packages.roles)
    if (left_out_role(role).empty())
      request_role(part, input, role.text, "os.packages.roles", role.where);
  return part;
}

/// The package that a baseline entry speaks of: of a role, or by its own name.
std::string baseline_package(const PolicyInput& input, const model::BaselineEntry& entry) {
  const auto role = input.release.roles.find(entry.subject);
  if (role == input.release.roles.end()) return entry.subject;
  const auto& packages = role->second.for_architecture(input.architecture.name);
  return packages.empty() ? entry.subject : packages.front().text;
}

/// Kernel and systemd are checked by their policies, which ask the running system.
PolicyPart baseline_checks(const PolicyInput& input) {
  PolicyPart part;
  for (const auto& entry : input.release.baseline) {
    if (entry.subject == "kernel" || entry.subject == "systemd" || entry.subject == "init")
      continue;
    if (is_left_out(input, entry.subject)) continue;
    const auto package = baseline_package(input, entry);
    part.policy.checks.push_back({.name = package + " is " + entry.series,
                                  .kind = model::CheckKind::package_series,
                                  .subject = package,
                                  .expected = entry.series});
  }
  return part;
}

PolicyPart user_checks(const PolicyInput& input) {
  PolicyPart part;
  for (const auto& request : input.config.checks)
    part.policy.checks.push_back(request.check);
  return part;
}

/// The first request for each package counts.
void keep_first_requests(std::vector<model::PackageRequest>& requests) {
  std::set<std::string> seen;
  std::erase_if(requests, [&](const model::PackageRequest& request) {
    return !seen.insert(request.spec).second;
  });
}

/// A unified image that a package brings has its own command line. What the release and the disk
/// would say is left to it; what the config wants cannot be had.
void leave_command_line(const PolicyInput& input, SystemPolicyResult& result) {
  const auto& mode = input.config.os.uki_mode;
  for (model::KernelArgument& argument : result.policy.kernel_arguments) {
    if (argument.origin.starts_with("os.") || argument.origin.starts_with("storage.")) {
      result.diagnostics.add(
          {.code = "policy.boot-conflict",
           .message = base::quoted(argument.origin) + " needs the kernel argument " +
                      base::quoted(argument.text) +
                      ", which a unified kernel image of a package cannot be given",
           .where = argument.where.value_or(mode->where),
           .related = {{mode->where, "the mode is set here"}},
           .hint = "remove it, or use \"mode: create\""});
    }
    result.policy.yielded_arguments.push_back(
        {std::move(argument),
         {.text = "what the packaged image says", .origin = "os.uki.mode", .where = mode->where}});
  }
  result.policy.kernel_arguments.clear();
}

} // namespace

SystemPolicyResult system_policy(const PolicyInput& input) {
  const std::vector<PolicyPart> parts{boot_policy(input),
                                      base_roles(input),
                                      wished_roles(input),
                                      kernel_policy(input),
                                      systemd_policy(input),
                                      selinux_policy(input),
                                      cgroup_policy(input),
                                      fips_policy(input),
                                      verity_policy(input),
                                      files_policy(input),
                                      platform_policy(input),
                                      network_policy(input),
                                      container_images_policy(input),
                                      baseline_checks(input),
                                      user_checks(input)};
  std::vector<ArgumentClaim> claims;
  for (const auto& part : parts)
    append(claims, part.claims);
  auto result = with_command_line(input, parts, claims);
  for (const auto& part : parts) {
    merge(result.policy, part.policy);
    result.diagnostics.append(part.diagnostics);
  }
  keep_first_requests(result.policy.packages);
  if (has_packaged_kernel(input)) leave_command_line(input, result);
  return result;
}

} // namespace imagewright::policy
