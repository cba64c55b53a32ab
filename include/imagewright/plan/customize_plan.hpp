// SPDX-License-Identifier: MIT
#pragma once

// What customizing an image would do, as far as the config alone says.

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include <imagewright/base/diagnostic.hpp>
#include <imagewright/base/digest.hpp>
#include <imagewright/base/epoch.hpp>
#include <imagewright/base/uuid.hpp>
#include <imagewright/finalize/plan.hpp>
#include <imagewright/model/architecture.hpp>
#include <imagewright/model/layout.hpp>
#include <imagewright/model/package.hpp>
#include <imagewright/plan/build_plan.hpp>

namespace imagewright::plan {

/// A config that asks for nothing that customizing cannot do.
struct CustomizePlan {
  /// With outputs; architecture and release are those of the base, which is not known yet.
  BuildPlan plan;
  std::filesystem::path base; ///< `input.image.path`; empty: something else has to say
  std::optional<model::OciImage> base_in_registry; ///< `input.image.oci`, `input.image.azureLinux`
  base::Diagnostics warnings;
};

/// Reads the config. Throws base::InputError with every mistake and every key that cannot be
/// honoured.
CustomizePlan plan_customize(const PlanOptions& options);

/// Whether the config asks for a boot loader that is set up anew: with a new disk, after a reset,
/// or with unified kernel images in place of what there was.
bool sets_boot_up_anew(const model::ImageConfig& config);

/// Whether dm-verity vouches from now on for a partition that the base has already.
bool verifies_existing(const model::ImageConfig& config);

/// Whether what dm-verity vouches for in the base may change, and its hashes with it.
bool makes_verity_anew(const model::ImageConfig& config);

/// Whether what the config asks for can only be done with a release profile.
bool needs_release(const model::ImageConfig& config);

/// Chooses release profile, repositories and places of keys, once the base is known: the config's
/// or the command line's, else the release of the name "ID-VERSION_ID" of the base's os-release.
/// Throws base::InputError (pipeline.no-release, …) when it is needed and there is none.
void choose_sources(CustomizePlan& plan, const PlanOptions& options,
                    const std::string& release_of_base);

/// The same for packages of another architecture that the image does not get, wished for or not;
/// nothing when no release is known. Asks for no package. Throws base::InputError.
std::optional<BuildPlan> sources_of_release(const CustomizePlan& plan, const PlanOptions& options,
                                            const std::string& release_of_base,
                                            const model::Architecture& architecture);

/// Packages of the release's roles that the config's wishes need and that are not among the names
/// of those installed.
std::vector<model::PackageRequest> packages_for_wishes(const CustomizePlan& plan,
                                                       const std::vector<model::Nevra>& installed);

/// The packages of the release's package manager that are among those installed, when the config
/// takes it away. Throws base::InputError (policy.missing-role).
std::vector<model::LocatedText> package_manager_of(const CustomizePlan& plan,
                                                   const std::vector<model::Nevra>& installed);

/// What of the base decides what is done to it.
struct BaseFacts {
  const model::Architecture& architecture;
  base::Digest digest; ///< of the disk
  base::Uuid disk_uuid;
  base::Epoch epoch;
  /// By the id of their partition.
  std::map<std::string, base::ByteSize> filesystem_sizes;
  /// What partitions hold that is not read here, for people, by their id.
  std::map<std::string, std::string> contents;
  model::DiskLayout layout;   ///< what partitions and filesystems are now
  std::string command_line;   ///< of the entry that starts by itself
  std::string boot_loader;    ///< "grub" or "systemd-boot"; empty: what it has is no menu of these
  bool has_selinux = false;   ///< it runs with SELinux
  std::string selinux_mode;   ///< "disabled", "permissive" or "enforcing"
  std::string cgroup_version; ///< "1" or "2"
  bool is_fips = false;
  std::string systemd_version;  ///< empty: not known
  bool can_keep_history = true; ///< /usr can be written, if hashes of verity may be made anew
};

/// Verity devices of a base as its own command line speaks of them.
model::DiskLayout with_booted_verity(model::DiskLayout layout, const std::string& command_line);

/// How the root of a base becomes what the config asks for. `inputs` is a digest over everything
/// that the config is made of and names. Throws base::InputError when the config is for other
/// architectures.
finalize::FinalizePlan customize_root_plan(const CustomizePlan& plan, const BaseFacts& facts,
                                           const base::Digest& inputs,
                                           const std::string& tool_version);

} // namespace imagewright::plan
