// SPDX-License-Identifier: MIT
#pragma once

// What a config and a release imply for the running system. Pure functions: nothing is read or
// changed.

#include <optional>
#include <string>
#include <vector>

#include <imagewright/base/diagnostic.hpp>
#include <imagewright/base/source_location.hpp>
#include <imagewright/model/architecture.hpp>
#include <imagewright/model/image_config.hpp>
#include <imagewright/model/layout.hpp>
#include <imagewright/model/policy.hpp>
#include <imagewright/model/release_profile.hpp>

namespace imagewright::policy {

/// What every policy looks at. All are borrowed. Of the layout only identifiers and mount points
/// count.
struct PolicyInput {
  const model::ImageConfig& config;
  const model::ReleaseProfile& release;
  const model::Architecture& architecture;
  const model::DiskLayout& layout;
  /// Of the images; absent: none in particular.
  std::optional<model::Platform> platform = {};
};

/// A policy's say over a kernel argument: nobody else may give it another value.
struct ArgumentClaim {
  std::string key;                  ///< what stands before "="
  std::vector<std::string> allowed; ///< values that agree with the policy
  std::string origin;               ///< "os.fips.mode"
  base::SourceLocation where;

  bool operator==(const ArgumentClaim&) const = default;
};

/// What one policy yields.
struct PolicyPart {
  model::SystemPolicy policy;
  std::vector<ArgumentClaim> claims;
  base::Diagnostics diagnostics;
};

PolicyPart boot_policy(const PolicyInput& input);
PolicyPart kernel_policy(const PolicyInput& input);
PolicyPart systemd_policy(const PolicyInput& input);
PolicyPart selinux_policy(const PolicyInput& input);
PolicyPart cgroup_policy(const PolicyInput& input);
PolicyPart fips_policy(const PolicyInput& input);
PolicyPart verity_policy(const PolicyInput& input);
PolicyPart files_policy(const PolicyInput& input);
/// The unit that hands images of containers to containerd.
PolicyPart container_images_policy(const PolicyInput& input);
PolicyPart platform_policy(const PolicyInput& input);
PolicyPart network_policy(const PolicyInput& input);

/// The kernel's driver of overlays, which the initramfs needs when it mounts one itself.
constexpr const char* k_overlay_driver = "overlay";
bool has_early_overlay(const model::OsConfig& os);

/// All policies together, the packages of the release's base roles, and the config's own checks.
struct SystemPolicyResult {
  model::SystemPolicy policy;
  /// Conflicts, each with both positions, and roles that the release lacks. With errors the policy
  /// is of no use.
  base::Diagnostics diagnostics;
};

/// What the release has for the platform of the images; null: nothing.
const model::PlatformFacts* platform_facts(const PolicyInput& input);

/// Kernel arguments come in this order: root, consoles, the release's and its platform's, the
/// policies', the user's. Those of release and platform that the user removes are left out.
/// The user's are all there, as they are written; the program's give way to equal ones.
SystemPolicyResult system_policy(const PolicyInput& input);

} // namespace imagewright::policy
