// SPDX-License-Identifier: MIT
#pragma once

// Everything that the finalize steps need to know: decided before, carried out there.

#include <cstdint>
#include <map>
#include <string>

#include <imagewright/base/diagnostic.hpp>
#include <imagewright/base/epoch.hpp>
#include <imagewright/model/architecture.hpp>
#include <imagewright/model/image_config.hpp>
#include <imagewright/model/layout.hpp>
#include <imagewright/model/policy.hpp>
#include <imagewright/model/release_profile.hpp>

namespace imagewright::finalize {

enum class BootLoaderKind : std::uint8_t {
  none,
  systemd_boot,
  grub,      ///< started by UEFI
  grub_bios, ///< started by a BIOS, from a partition of type bios-grub
};

/// How the boot loader finds kernels.
enum class KernelForm : std::uint8_t {
  separate, ///< kernel, initramfs and command line apart, named by an entry of a menu
  unified,  ///< one EFI program with all of it
  packaged, ///< such a program that a package brings, as it is
};

/// The boot loader and how it is set up.
struct BootLoader {
  BootLoaderKind kind = BootLoaderKind::none;
  KernelForm kernels = KernelForm::separate;
  model::BootLoaderFacts facts;
  std::uint32_t timeout_seconds = 0;
  std::string serial_console; ///< of the menu: "ttyS0"; empty: none

  bool operator==(const BootLoader&) const = default;
};

/// Where the root comes from.
enum class RootOrigin : std::uint8_t {
  packages,   ///< it was composed, and every step runs
  base_image, ///< somebody made it: only what is asked for is done, and edited rather than written
};

/// What is done to a base image.
enum class BaseChange : std::uint8_t {
  as_config, ///< everything that a config asks for
  files,     ///< files are put in, and nothing is said of who did it
};

/// What becomes of the boot chain of a base image.
enum class BootChain : std::uint8_t {
  kept, ///< menus, entries and command lines are edited where they stand
  anew, ///< the boot loader is set up as for a root that was composed
};

/// What becomes of the disk of a base image.
enum class BaseDisk : std::uint8_t {
  kept,     ///< partitions and filesystems stay what they are
  replaced, ///< its files go to a disk of another layout
};

/// Which kernels of a base are given an initramfs.
enum class InitramfsUse : std::uint8_t { for_new_kernels, for_every_kernel };

/// What is to become of the kernel command lines of an image that exists.
struct CommandLineChange {
  /// Words that go, or names of which every word goes; each has to be on some command line.
  std::vector<model::LocatedText> dropped;
  /// Parameters that go, by name, on every command line.
  std::vector<std::string> removed;
  /// Words for every command line, in the place of what was removed.
  std::vector<std::string> lasting;
  /// Words for the ends of those that are not for recovery.
  std::vector<std::string> appended;

  bool is_empty() const {
    return dropped.empty() && removed.empty() && lasting.empty() && appended.empty();
  }
  bool operator==(const CommandLineChange&) const = default;
};

/// What an image says about its own making.
struct ImageRecord {
  std::string uuid;
  /// The element for the image's history; empty: none is written.
  std::string history_entry;

  bool operator==(const ImageRecord&) const = default;
};

/// How a root becomes a bootable one.
struct FinalizePlan {
  RootOrigin origin = RootOrigin::packages;
  std::string image_name;   ///< goes into /etc/imagewright-release
  std::string tool_version; ///< likewise
  model::Architecture architecture;
  base::Epoch epoch{};
  model::DiskLayout layout;
  /// Kernel arguments in their order, files, settings, units, initramfs modules and drivers.
  model::SystemPolicy policy;
  /// Packages and kernel, SELinux, cgroup and FIPS wishes are not looked at: the policy has
  /// decided.
  model::OsConfig os;
  model::ScriptsConfig scripts;
  std::vector<model::LocatedText> script_files = {}; ///< that the scripts have to leave behind
  model::InitramfsFacts initramfs;
  /// What the sources of `os.containerImages` must still hold.
  std::vector<model::LockedContainerImage> container_images;
  BootLoader boot_loader;
  std::string rpm_database_path = "/var/lib/rpm";
  /// Patterns of files that only one machine may have.
  std::vector<std::string> identity_files = model::usual_identity_files();
  /// Of a base image only.
  BaseChange base_change = BaseChange::as_config;
  CommandLineChange command_line_change = {};
  BootChain boot_chain = BootChain::kept;
  BaseDisk base_disk = BaseDisk::kept;
  InitramfsUse initramfs_use = InitramfsUse::for_new_kernels;
  bool removes_package_manager = false; ///< with its database and caches
  /// What partitions and filesystems of the base are called from now on, by what they were called,
  /// in small letters; empty: as they were.
  std::map<std::string, std::string> new_identifiers = {};
  /// Kernels of the base, by release.
  std::vector<std::string> base_kernels = {};
  ImageRecord record = {};
};

/// What of a config, its release and its disk keeps the boot loader from being set up: a loader
/// that is unknown or has no facts, a unified kernel image without a stub, a disk without the
/// partition that the firmware looks for. Each mistake at the line of the config that asks for it,
/// else in the release profile.
base::Diagnostics check_boot_setup(const model::ImageConfig& config,
                                   const model::ReleaseProfile& release,
                                   const model::Architecture& architecture,
                                   const model::DiskLayout& layout);

/// What of a plan comes from config and release alone, of which check_boot_setup has found no
/// mistake. The caller adds epoch, layout, policy, and tool version.
FinalizePlan plan_from(const model::ImageConfig& config, const model::ReleaseProfile& release,
                       const model::Architecture& architecture);

} // namespace imagewright::finalize
