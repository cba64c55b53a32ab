// SPDX-License-Identifier: MIT
#include <string>

#include "command_line.hpp"
#include "roles.hpp"

namespace imagewright::policy {
namespace {

constexpr auto k_origin = "os.fips.mode";

using Mode = model::Located<model::FipsMode>;

void add_check(PolicyPart& part, const std::string& expected) {
  part.policy.checks.push_back({.name = expected == "1" ? "FIPS mode is on" : "FIPS mode is off",
                                .kind = model::CheckKind::fips_enabled,
                                .subject = "",
                                .expected = expected});
}

/// The initramfs verifies the kernel's checksum, and has to be told where it is: exactly when /boot
/// is a filesystem of its own. Said too much or too little, the machine does not boot.
void add_boot_filesystem(PolicyPart& part, const PolicyInput& input, const Mode& mode) {
  const auto* boot = input.layout.find_mount("/boot");
  if (boot == nullptr) {
    part.claims.push_back({"boot", {}, k_origin, mode.where});
    return;
  }
  auto by_uuid = *boot;
  by_uuid.filesystem->identifier = model::MountIdentifier::uuid;
  const auto source = model::mount_source(by_uuid);
  part.policy.kernel_arguments.push_back({"boot=" + source, k_origin, mode.where});
  part.claims.push_back({"boot", {source}, k_origin, mode.where});
}

void enable(PolicyPart& part, const PolicyInput& input, const Mode& mode) {
  request_role(part, input, "fips", k_origin, mode.where);
  part.policy.kernel_arguments.push_back({"fips=1", k_origin, mode.where});
  part.claims.push_back({"fips", {"1"}, k_origin, mode.where});
  add_boot_filesystem(part, input, mode);
  part.policy.initramfs_modules.emplace_back("fips");
  // The checksum that this module verifies the kernel by.
  part.policy.kernel_companions.push_back({.name = ".@image@.hmac", .origin = k_origin});
  add_check(part, "1");
}

/// An argument by hand works on a machine whose /boot is not a filesystem of its own.
void warn_about_argument_alone(PolicyPart& part, const PolicyInput& input) {
  const auto given = find_given_argument(input, "fips");
  if (!given || given->text != "fips=1") return;
  const bool is_complete = find_given_argument(input, "boot").has_value();
  if (is_complete || input.layout.find_mount("/boot") == nullptr) return;
  part.diagnostics.warning(
      "policy.fips-without-boot",
      "the kernel argument \"fips=1\" without \"boot=\" does not boot when /boot is "
      "a filesystem of its own",
      given->where.value_or(input.config.os.where),
      "write os.fips.mode: enabled instead of the argument");
}

} // namespace

PolicyPart fips_policy(const PolicyInput& input) {
  PolicyPart part;
  const auto& mode = input.config.os.fips_mode;
  if (!mode) {
    warn_about_argument_alone(part, input);
  } else if (mode->value == model::FipsMode::enabled) {
    enable(part, input, *mode);
  } else {
    part.claims.push_back({"fips", {"0"}, k_origin, mode->where});
    add_check(part, "0");
  }
  return part;
}

} // namespace imagewright::policy
