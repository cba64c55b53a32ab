// SPDX-License-Identifier: MIT
#pragma once

// The facts of one distribution release. A distribution is data: nothing in the code knows any of
// them by name.

#include <map>
#include <optional>
#include <string>
#include <vector>

#include <imagewright/base/source_location.hpp>
#include <imagewright/model/located.hpp>
#include <imagewright/model/network_config.hpp>
#include <imagewright/model/os_config.hpp>
#include <imagewright/model/platform.hpp>
#include <imagewright/model/policy.hpp>
#include <imagewright/model/repository.hpp>
#include <imagewright/model/storage_config.hpp>

namespace imagewright::model {

/// One version that an image of this release must have.
struct BaselineEntry {
  /// What is asserted: the first package of this role ("kernel"), or the package that provides
  /// this name ("openssl").
  std::string subject;
  std::string series; ///< "6.6" is met by 6.6 and 6.6.134, not by 6.60
  base::SourceLocation where;

  bool operator==(const BaselineEntry&) const = default;
};

/// The packages that play a role, such as "kernel", "init", "initramfs", "bootloader-systemd-boot",
/// "selinux-policy", "fips", "container-runtime". For all architectures, or for one.
struct PackageRole {
  std::vector<LocatedText> packages; ///< when no entry below fits
  std::map<std::string, std::vector<LocatedText>> per_architecture;

  const std::vector<LocatedText>& for_architecture(const std::string& architecture) const;
  bool operator==(const PackageRole&) const = default;
};

/// How the initramfs is made.
struct InitramfsFacts {
  std::vector<std::string> modules; ///< dracut modules; empty: dracut's own choice
  std::vector<std::string> omit_modules;
  std::vector<std::string> drivers;
  std::vector<std::string> filesystems;
  std::string compression = "zstd -3 -T0";

  bool operator==(const InitramfsFacts&) const = default;
};

/// A text for all architectures, or for some of them another one.
struct ArchitectureText {
  std::string text; ///< where no entry below fits
  std::map<std::string, std::string> per_architecture;

  const std::string& for_architecture(const std::string& architecture) const;
  bool operator==(const ArchitectureText&) const = default;
};

/// Files of boot loaders in the root, by loader name ("systemd-boot", "grub"). "@efi@" stands for
/// "x64" or "aa64".
struct BootLoaderFacts {
  ArchitectureText efi_program; ///< "/usr/lib/systemd/boot/efi/systemd-boot@efi@.efi"
  ArchitectureText shim;        ///< empty: none
  std::string
      configuration_directory; ///< on the ESP, where the program looks for grub.cfg: "/EFI/debian"
  ArchitectureText stub;       ///< what a unified kernel image begins with; empty: none
  /// What an addon of such an image begins with. It may be missing in the root: then the stub is
  /// too old to look for addons.
  ArchitectureText addon_stub;
  /// GRUB's /etc/default/grub, as the distribution's own tools expect it: "@commandLine@" stands
  /// for the kernel command line as words of GRUB's script, "@timeout@" for the seconds. Empty: one
  /// with what GRUB needs.
  std::string defaults;

  bool operator==(const BootLoaderFacts&) const = default;
};

/// How bills of materials name a distribution's packages, so that scanners find them.
struct BillFacts {
  /// Of package URLs, as the scanners' databases have it: "azurelinux". Empty: the release's name.
  std::string package_url_namespace;
  std::string distribution; ///< "azurelinux-3.0": a package URL's qualifier; empty: none
  std::string supplier;     ///< of packages whose repository names no vendor; empty: nobody

  bool operator==(const BillFacts&) const = default;
};

/// Files by which a machine is known to others, or knows them: patterns of absolute paths, "*" for
/// what has no slash. A script of a package that makes one gives it to every machine of the image.
std::vector<std::string> usual_identity_files();

/// What images for one platform have beyond those for any.
struct PlatformFacts {
  std::vector<std::string> kernel_arguments;
  /// Added to them, by architecture.
  std::map<std::string, std::vector<std::string>> architecture_kernel_arguments;
  /// In place of the release's, by architecture.
  std::map<std::string, std::vector<std::string>> consoles;
  std::vector<LocatedText> roles;
  std::vector<LocatedText> packages;
  std::vector<std::string> drivers; ///< of the initramfs
  std::vector<LocatedText> enabled_units;
  std::vector<LocatedText> disabled_units;
  std::vector<LocatedText> masked_units;
  std::vector<PolicyFile> files;
  /// Of configs that say nothing about it; absent: as the packages have it.
  std::optional<NetworkConfig> network;
  base::SourceLocation where;

  bool operator==(const PlatformFacts&) const = default;
};

/// One release of one distribution.
struct ReleaseProfile {
  std::string name;    ///< "azurelinux-3.0"
  std::string title;   ///< "Azure Linux 3.0"
  std::string version; ///< $releasever
  std::vector<std::string> architectures;
  std::vector<Repository> repositories;
  /// How to get a public key, by its fingerprint, for those who have it not.
  std::map<std::string, std::string> keys;
  std::map<Platform, PlatformFacts> platforms;
  NetworkManagement network_management = NetworkManagement::networkd;
  std::vector<BaselineEntry> baseline;
  std::map<std::string, PackageRole> roles;
  /// Roles that every image has.
  std::vector<LocatedText> base_roles;
  /// Features per filesystem type ("ext4"), as its mkfs knows them.
  std::map<std::string, std::vector<std::string>> filesystem_features;
  /// console= values per architecture, the last is /dev/console.
  std::map<std::string, std::vector<std::string>> consoles;
  std::vector<std::string> kernel_arguments;
  /// Added to them, by architecture.
  std::map<std::string, std::vector<std::string>> architecture_kernel_arguments;
  InitramfsFacts initramfs;
  std::map<std::string, BootLoaderFacts> boot_loaders;
  std::string default_boot_loader; ///< "systemd-boot" or "grub"
  BillFacts bill;
  std::string rpm_database_path = "/var/lib/rpm";
  std::string default_cgroup_version; ///< "v1" or "v2"
  /// Of configs that say nothing about it; absent: as the packages have it.
  std::optional<Located<SelinuxMode>> default_selinux_mode;
  /// Removed from every image unless a package owns them.
  std::vector<std::string> identity_files = usual_identity_files();
  StorageConfig default_storage;
  base::SourceLocation where;
};

} // namespace imagewright::model
