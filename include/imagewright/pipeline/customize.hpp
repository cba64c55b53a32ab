// SPDX-License-Identifier: MIT
#pragma once

// An image that exists becomes another one: the order of things, and nothing else.

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include <imagewright/base/byte_size.hpp>
#include <imagewright/fs/publication.hpp>
#include <imagewright/json/value.hpp>
#include <imagewright/lock/base_lock.hpp>
#include <imagewright/model/injected_file.hpp>
#include <imagewright/pipeline/build.hpp>
#include <imagewright/plan/build_plan.hpp>
#include <imagewright/plan/customize_lock.hpp>
#include <imagewright/plan/explain_package.hpp>
#include <imagewright/plan/resolve_plan.hpp>
#include <imagewright/plan/services.hpp>
#include <imagewright/plan/show_plan.hpp>
#include <imagewright/plan/update_lock.hpp>
#include <imagewright/resolve/resolution.hpp>

namespace imagewright::pipeline {

/// What was done once and is to be done again.
struct RepeatedCustomizing {
  base::Digest files; ///< over what the config is made of and names
  lock::BaseLock lock;
};

struct CustomizeOptions {
  plan::PlanOptions plan;
  plan::NetworkUse network = plan::NetworkUse::allowed;
  /// Empty: what `input.image.path` says.
  std::filesystem::path base;
  std::optional<model::ImageFormat> base_format; ///< absent: found from the content
  std::optional<base::Epoch> epoch;              ///< absent: the newest time in the base
  std::filesystem::path output_directory;        ///< empty: as for a build
  EmulationUse emulation = EmulationUse::automatic;
  std::string tool_version;
  plan::BaseLockUse lock_use = plan::BaseLockUse::when_fresh;
  std::optional<RepeatedCustomizing> repeated; ///< in place of a lock file
  /// Absent: the first of the ladder that works here.
  std::optional<sandbox::Rung> rung = std::nullopt;
  /// As for a build; empty: the base's own kernel, or this host's.
  std::filesystem::path machine_kernel = {};
};

/// What becomes, or would become, of one partition of the base.
struct PartitionReport {
  std::string id;
  std::string mount_point; ///< empty: not mounted, and so carried as it is
  bool is_rewritten = false;
  std::string first_change; ///< why: the first path in it that is not as in the base
  base::ByteSize size;
  base::ByteSize used;
};

struct CustomizeResult {
  std::vector<fs::PublishedFile> files;
  std::vector<PartitionReport> partitions;
};

/// Throws base::InputError and base::Error (customize.…, origin.…, finalize.…); then nothing is
/// published, and the base is never changed.
CustomizeResult customize(const CustomizeOptions& options, const plan::Services& services);

/// Files that were signed elsewhere, and go back into the image that they came from.
struct InjectOptions {
  std::vector<model::InjectedFile> files;
  std::filesystem::path base;
  std::optional<model::ImageFormat> base_format; ///< absent: found from the content
  std::filesystem::path output;
  std::optional<model::ImageFormat> format; ///< of the output; absent: the base's
  std::optional<base::Epoch> epoch;         ///< absent: the newest time in the base
  std::string tool_version;
  /// Absent: the first of the ladder that works here.
  std::optional<sandbox::Rung> rung = std::nullopt;
  /// As for a build; empty: the base's own kernel, or this host's.
  std::filesystem::path machine_kernel = {};
};

/// Nothing but the files changes. Throws as customize() does, and base::Error
/// (customize.no-partition) for a partition that the image has not, or does not mount.
CustomizeResult inject_files(const InjectOptions& options, const plan::Services& services);

/// What would be done, in the order in which it would be: reads config and base, writes nothing.
/// Throws what customize() throws before it begins to work.
struct CustomizeOutline {
  std::filesystem::path base;
  std::string operating_system;
  std::string architecture;
  base::Digest digest;
  base::Epoch epoch{};
  std::string image_uuid;
  lock::BaseLock lock;                     ///< what stays, goes and comes
  resolve::Resolution reasons{};           ///< of what comes; empty where a lock said it
  std::vector<PartitionReport> partitions; ///< how full they are; nothing is rewritten yet
  std::vector<std::string> actions;        ///< sentences
  std::vector<std::string> outputs;        ///< names of files
};

CustomizeOutline outline_customizing(const CustomizeOptions& options,
                                     const plan::Services& services);

std::string to_text(const CustomizeOutline& outline,
                    plan::PackageListing listing = plan::PackageListing::number);
json::Value to_json(const CustomizeOutline& outline);

/// Writes the lock of a config and a base, or checks it. `options.lock_use` says whether a fresh
/// one stays as it is. Throws as outline_customizing() does.
plan::LockSummary lock_base(const CustomizeOptions& options, plan::LockAction action,
                            const plan::Services& services);

/// Why a package is in the image that would be made, or is not.
struct BasePackageReason {
  std::string package;                    ///< full name
  bool is_of_base = false;                ///< it stays as the base has it
  std::vector<plan::PackageChain> chains; ///< of one that comes; empty: everything is updated
};

/// Throws base::Error (cli.package-not-in-image) when it is not in the image, and as
/// outline_customizing() does.
std::vector<BasePackageReason> explain_base_package(const CustomizeOptions& options,
                                                    const std::string& package,
                                                    const plan::Services& services);
std::string to_text(const std::vector<BasePackageReason>& reasons);
json::Value to_json(const std::vector<BasePackageReason>& reasons);

} // namespace imagewright::pipeline
