// SPDX-License-Identifier: MIT
#pragma once

// What a build would do, decided before anything is fetched or written.

#include <filesystem>
#include <string>
#include <vector>

#include <imagewright/base/diagnostic.hpp>
#include <imagewright/model/architecture.hpp>
#include <imagewright/model/container_image.hpp>
#include <imagewright/model/image_config.hpp>
#include <imagewright/model/layout.hpp>
#include <imagewright/model/package.hpp>
#include <imagewright/model/release_profile.hpp>
#include <imagewright/model/repository.hpp>

namespace imagewright::config {
struct LoadedImageConfig;
}

namespace imagewright::plan {

/// `--repo NAME=ADDRESS`: where a repository of that name is taken from instead, or one more
/// repository.
struct RepositoryOverride {
  std::string name;
  std::string address; ///< a URL or a directory

  bool operator==(const RepositoryOverride&) const = default;
};

/// What is asked on the command line beside the config.
struct PlanOptions {
  std::filesystem::path config;
  std::vector<std::string> architectures; ///< empty: the config's, else the host's
  std::string release;                    ///< empty: the config's; a name or a path
  std::vector<RepositoryOverride> repositories;
  std::vector<std::filesystem::path> key_files; ///< `--key`
  std::vector<model::ImageFormat> formats;      ///< empty: the config's, else qcow2
  /// Where release profiles are looked for by name, after the directories above the config; roles
  /// are in directories `roles` beside them.
  std::vector<std::filesystem::path> release_directories;
};

/// The plan for one architecture.
struct BuildPlan {
  model::ImageConfig config;
  model::ReleaseProfile release;
  model::Architecture architecture;
  std::filesystem::path release_file; ///< where the release profile stands
  std::vector<model::Repository> repositories;
  /// Every wish: the config's, the roles', the policy's; sorted, each once.
  std::vector<model::PackageRequest> packages;
  std::vector<model::OutputImage> outputs;
  /// What the sources of `os.containerImages` hold for this architecture; sorted. Of registries,
  /// only what a lock has, until identify_container_images() was asked.
  std::vector<model::LockedContainerImage> container_images;
  /// Of all outputs; absent: none in particular.
  std::optional<model::Platform> platform;
  /// Where keys that are named by their fingerprints are looked for: files and directories.
  std::vector<std::filesystem::path> key_places;
  /// Keys of the command line, and the repositories that it moved or added.
  std::vector<std::filesystem::path> given_keys;
  std::vector<std::string> moved_repositories;
};

/// One plan per architecture, and the warnings about the config.
struct PlannedBuild {
  std::vector<BuildPlan> plans;
  base::Diagnostics warnings;
};

/// The storage section that counts: the config's when it describes a disk, else the release's
/// default.
const model::StorageConfig& storage_of(const BuildPlan& plan);

/// The disk of a plan: the config's, else the release's default. Every UUID is derived from `seed`.
/// Throws base::InputError (layout.…).
model::DiskLayout layout_of(const BuildPlan& plan, const std::string& seed);

/// The config of these options, with everything that it builds on. Throws base::InputError.
config::LoadedImageConfig load_config(const PlanOptions& options);

/// Reads the config and its release profile and decides. Throws base::InputError with every
/// mistake.
PlannedBuild plan_build(const PlanOptions& options);
/// The same for the packages alone: container images are not looked at, which may be there for
/// other architectures only.
PlannedBuild plan_packages(const PlanOptions& options);

/// Every mistake and warning of a config, in file order; what build cannot honour is a mistake,
/// except in a config with an input, which is for customizing. A config without a release is
/// checked as far as that goes. Never throws for what is wrong with the config.
base::Diagnostics validate_config(const PlanOptions& options);

} // namespace imagewright::plan
