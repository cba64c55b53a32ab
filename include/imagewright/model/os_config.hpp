// SPDX-License-Identifier: MIT
#pragma once

// The `os` section of a config: what the operating system in the image is to be like. Paths on the
// host are resolved against the directory of the file that names them.

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include <imagewright/base/epoch.hpp>
#include <imagewright/base/source_location.hpp>
#include <imagewright/model/account_config.hpp>
#include <imagewright/model/container_image.hpp>
#include <imagewright/model/edit_config.hpp>
#include <imagewright/model/file_config.hpp>
#include <imagewright/model/located.hpp>
#include <imagewright/model/network_config.hpp>
#include <imagewright/model/package.hpp>

namespace imagewright::model {

enum class CgroupVersion : std::uint8_t { v1, v2 };
enum class FipsMode : std::uint8_t { disabled, enabled };
enum class SelinuxMode : std::uint8_t { disabled, permissive, enforcing, force_enforcing };
enum class MachineIdMode : std::uint8_t {
  first_boot,    ///< empty: made at the first boot, which is none for ConditionFirstBoot=
  uninitialized, ///< likewise, and units with ConditionFirstBoot=yes run
  keep,
};
enum class UkiMode : std::uint8_t { create, passthrough, modify };
enum class ImageHistory : std::uint8_t { written, none };
enum class Inclusion : std::uint8_t { included, left_out };

/// What os-release(5) says of the image beside what the packages say of the distribution.
struct IdentityConfig {
  std::optional<LocatedText> variant_id;
  std::optional<LocatedText> variant; ///< the same for people
  std::optional<LocatedText> image_id;
  std::optional<LocatedText> image_version;

  bool operator==(const IdentityConfig&) const = default;
};

struct KernelConfig {
  std::optional<LocatedText> package; ///< absent: the package of the release's role "kernel"
  std::optional<LocatedText> series;  ///< "6.6": asserted on the package set and on the image

  bool operator==(const KernelConfig&) const = default;
};

/// Packages that lie in the image as files, and are not installed.
struct StoredPackages {
  std::vector<PackageRequest> packages;
  LocatedText directory;

  bool operator==(const StoredPackages&) const = default;
};

struct PackagesConfig {
  std::vector<PackageRequest> install; ///< those of `installLists` included, lists first
  std::vector<PackageRequest> remove;
  std::vector<PackageRequest> update;
  std::vector<LocatedText> exclude; ///< names that must not be in the image
  std::vector<LocatedText> roles;   ///< roles of the release whose packages are installed
  /// Where `updateExistingPackages: true` stands.
  std::optional<base::SourceLocation> update_existing;
  std::optional<Located<base::Epoch>> snapshot_time; ///< nothing newer than this is used
  /// Where `removePackageManager: true` stands.
  std::optional<base::SourceLocation> remove_package_manager;
  Inclusion recommends = Inclusion::left_out;
  Inclusion documentation = Inclusion::included;
  /// Languages whose translations are installed, as "de" or "pt_BR"; absent: all.
  std::optional<std::vector<std::string>> languages;
  std::vector<StoredPackages> stored;

  bool operator==(const PackagesConfig&) const = default;
};

/// A drop-in for a unit: /etc/systemd/system/UNIT.d/NAME.conf
struct UnitDropIn {
  std::string unit;
  std::string name; ///< with ".conf"
  FileContent content;
  base::SourceLocation where;
  base::SourceLocation content_where = {}; ///< of the source or text

  bool operator==(const UnitDropIn&) const = default;
};

struct ServicesConfig {
  std::vector<LocatedText> enable;
  std::vector<LocatedText> disable;
  std::vector<LocatedText> mask;
  std::vector<UnitDropIn> drop_ins;

  bool operator==(const ServicesConfig&) const = default;
};

enum class ModuleLoadMode : std::uint8_t { inherit, always, automatic, disable };

struct ModuleConfig {
  LocatedText name;
  ModuleLoadMode load_mode = ModuleLoadMode::inherit;
  std::map<std::string, std::string> options;
  base::SourceLocation where;

  bool operator==(const ModuleConfig&) const = default;
};

enum class OverlayStage : std::uint8_t { system, initrd };

struct OverlayConfig {
  std::vector<std::string> lower_directories;
  LocatedText upper_directory;
  LocatedText work_directory;
  LocatedText mount_point;
  OverlayStage stage = OverlayStage::system; ///< when it is mounted
  std::vector<std::string> mount_dependencies;
  std::string mount_options;
  base::SourceLocation where;

  bool operator==(const OverlayConfig&) const = default;
};

struct ScriptletsConfig {
  std::vector<LocatedText> allow_failure;               ///< packages whose scriptlets may fail
  std::optional<Located<std::chrono::seconds>> timeout; ///< of each scriptlet

  bool operator==(const ScriptletsConfig&) const = default;
};

/// Everything under `os`. Absent values mean: as the release profile or its packages have it.
struct OsConfig {
  /// False when the section is missing or null: nothing of the operating system is asked for.
  bool is_present = false;
  std::optional<LocatedText> hostname;
  std::optional<LocatedText> locale;
  std::optional<LocatedText> timezone;
  std::optional<LocatedText> keymap;
  IdentityConfig identity;
  PackagesConfig packages;
  KernelConfig kernel;
  std::optional<Located<CgroupVersion>> cgroup_version;
  std::optional<Located<FipsMode>> fips_mode;
  std::optional<Located<SelinuxMode>> selinux_mode;
  std::optional<Located<MachineIdMode>> machine_id;
  /// Entries of `extraCommandLine`; one may hold several words.
  std::vector<LocatedText> kernel_command_line;
  /// Entries of `kernelCommandLine.remove`: a word, or a name for all words with it.
  std::vector<LocatedText> removed_kernel_arguments;
  std::optional<NetworkConfig> network;
  std::vector<AdditionalFile> additional_files;
  std::vector<AdditionalDirectory> additional_directories;
  /// Carried out after files and directories of the config are there.
  std::vector<PathEdit> edits;
  std::vector<GroupConfig> groups;
  std::vector<UserConfig> users;
  ServicesConfig services;
  std::vector<ModuleConfig> modules;
  std::vector<OverlayConfig> overlays;
  std::vector<ContainerImageConfig> container_images;
  std::map<std::string, LocatedText> sysctl;
  ScriptletsConfig scriptlets;
  /// Where `bootloader.resetType: hard-reset` stands.
  std::optional<base::SourceLocation> bootloader_reset;
  /// `bootloader.type`: one of the release's boot loaders; absent: its default one.
  std::optional<LocatedText> boot_loader;
  std::optional<Located<UkiMode>> uki_mode;
  std::optional<Located<ImageHistory>> image_history;
  base::SourceLocation where;

  bool operator==(const OsConfig&) const = default;
};

} // namespace imagewright::model
