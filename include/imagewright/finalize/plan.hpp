// SPDX-License-Identifier: MIT
#pragma once

// Everything that the finalize steps need to know: decided before, carried out there.

#include <sys/types.h>

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include <imagewright/base/epoch.hpp>
#include <imagewright/base/source_location.hpp>
#include <imagewright/model/architecture.hpp>
#include <imagewright/model/layout.hpp>
#include <imagewright/model/policy.hpp>
#include <imagewright/model/release_profile.hpp>

namespace imagewright::finalize {

/// A group to be added.
struct GroupAccount {
  std::string name;
  std::optional<gid_t> id; ///< absent: the first free one from 1000
  base::SourceLocation where;

  bool operator==(const GroupAccount&) const = default;
};

/// A user to be added, or one of the packages' users to be changed.
struct UserAccount {
  std::string name;
  std::optional<uid_t> id; ///< absent: the first free one from 1000
  /// As crypt(5) has it, or "!" for no password. Absent: an existing user keeps its own, a new one gets "!".
  std::optional<std::string> password_hash;
  std::optional<std::int32_t> password_expires_days; ///< -1: never
  std::vector<std::string> ssh_public_keys;          ///< lines of authorized_keys
  std::string primary_group;                         ///< empty: a group with the user's name
  std::vector<std::string> secondary_groups;
  std::string startup_command; ///< the login shell; empty: /bin/bash when the root has it, else /bin/sh
  std::string home_directory;  ///< empty: /home/NAME
  base::SourceLocation where;

  bool operator==(const UserAccount&) const = default;
};

/// Content as text, or a file on this host.
using FileContent = std::variant<std::string, std::filesystem::path>;

/// A file to be put into the image, owned by root.
struct AddedFile {
  std::string destination;
  FileContent content;
  std::optional<mode_t> permissions; ///< absent: those of the source, 0644 for text
  base::SourceLocation where;

  bool operator==(const AddedFile&) const = default;
};

/// A directory tree of this host to be merged into the image, owned by root.
struct AddedDirectory {
  std::filesystem::path source;
  std::string destination;
  mode_t new_directory_permissions = 0755;
  std::optional<mode_t> merged_directory_permissions; ///< absent: directories that exist keep theirs
  mode_t child_file_permissions = 0755;
  base::SourceLocation where;

  bool operator==(const AddedDirectory&) const = default;
};

/// A fragment for a unit: /etc/systemd/system/UNIT.d/NAME
struct UnitDropIn {
  std::string unit;
  std::string name; ///< ".conf" is added when it is missing
  FileContent content;
  base::SourceLocation where;

  bool operator==(const UnitDropIn&) const = default;
};

enum class ModuleLoad : std::uint8_t {
  always,  ///< loaded at boot
  on_need, ///< not loaded at boot, not blocked
  never,   ///< blocked
  keep,    ///< as the packages have it
};

/// How a kernel module is treated.
struct KernelModule {
  std::string name;
  ModuleLoad load = ModuleLoad::keep;
  std::map<std::string, std::string> options;
  base::SourceLocation where;

  bool operator==(const KernelModule&) const = default;
};

/// An overlay filesystem that is mounted at boot.
struct OverlayMount {
  std::vector<std::string> lower_directories;
  std::string upper_directory;
  std::string work_directory;
  std::string mount_point;
  std::vector<std::string> mount_dependencies;
  std::string mount_options;
  enum class Moment : std::uint8_t { boot, initrd } moment = Moment::boot;
  base::SourceLocation where;

  bool operator==(const OverlayMount&) const = default;
};

enum class MachineId : std::uint8_t {
  first_boot, ///< empty in the image, made on the node
  keep,       ///< as the packages left it
};

/// A program of the user that runs inside the root.
struct Script {
  std::string name; ///< for messages
  std::string content;
  std::string interpreter = "/bin/sh";
  std::vector<std::string> arguments;
  std::map<std::string, std::string> environment;
  base::SourceLocation where;

  bool operator==(const Script&) const = default;
};

enum class BootLoaderKind : std::uint8_t { none, systemd_boot, grub };

/// The boot loader and how it is set up.
struct BootLoader {
  BootLoaderKind kind = BootLoaderKind::none;
  model::BootLoaderFacts facts;
  std::uint32_t timeout_seconds = 0;
  std::string serial_console; ///< of the menu: "ttyS0"; empty: none

  bool operator==(const BootLoader&) const = default;
};

/// How a root becomes a bootable one.
struct FinalizePlan {
  std::string image_name;   ///< goes into /etc/imagewright-release
  std::string tool_version; ///< likewise
  model::Architecture architecture;
  base::Epoch epoch{};
  model::DiskLayout layout;
  /// Kernel arguments in their order, files, units, initramfs modules and drivers, settings.
  model::SystemPolicy policy;
  model::InitramfsFacts initramfs;
  BootLoader boot_loader;
  std::string hostname; ///< empty: as the packages left it; likewise below
  std::string locale;
  std::string timezone;
  std::string keymap;
  MachineId machine_id = MachineId::first_boot;
  std::vector<GroupAccount> groups;
  std::vector<UserAccount> users;
  std::vector<AddedDirectory> directories;
  std::vector<AddedFile> files;
  std::map<std::string, std::string> sysctl;
  std::vector<KernelModule> modules;
  std::vector<OverlayMount> overlays;
  std::vector<UnitDropIn> drop_ins;
  std::vector<model::UnitChange> units; ///< applied after the policy's
  std::vector<Script> post_scripts;     ///< before the initramfs is made
  std::vector<Script> final_scripts;    ///< after everything else
  /// A directory of this host that scripts may read at /_imageconfigs; empty: none.
  std::filesystem::path script_directory;
  std::string rpm_database_path = "/var/lib/rpm";
};

} // namespace imagewright::finalize
