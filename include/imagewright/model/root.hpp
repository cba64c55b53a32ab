// SPDX-License-Identifier: MIT
#pragma once

// The installed tree on its way to becoming an image.

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include <sys/types.h>

#include <imagewright/base/byte_size.hpp>
#include <imagewright/base/digest.hpp>
#include <imagewright/model/package.hpp>

namespace imagewright::model {

/// One program that a package ran during the transaction.
struct ScriptletRun {
  std::string package;   ///< name of the package
  std::string scriptlet; ///< "%post", "%transfiletriggerin", …
  std::chrono::milliseconds duration{};
  std::uint64_t emulated_programs = 0; ///< how many programs it started under an emulator
  std::uint64_t native_programs = 0;   ///< and how many were replaced by the host's architecture's
  bool operator==(const ScriptletRun&) const = default;
};

/// Bytes for a place on the disk that is in no filesystem: boot code.
struct DiskPatch {
  base::ByteSize offset;
  std::string content;
  bool operator==(const DiskPatch&) const = default;
};

/// A package that stands for a kernel: it has the kernel's modules, or requires a package that
/// stands for it.
struct KernelPackage {
  std::string package; ///< name
  std::string release; ///< `uname -r`
  auto operator<=>(const KernelPackage&) const = default;
};

/// What packages left in the places where a config puts files and settings of its own.
struct PackagedPlaces {
  std::vector<std::string> names;  ///< paths; sorted
  base::Digest initramfs_settings; ///< over all that tells the maker of the initramfs what to do

  bool operator==(const PackagedPlaces&) const = default;
};

/// A root into which a whole lock was installed.
struct InstalledRoot {
  std::filesystem::path path;
  std::vector<Nevra> packages; ///< as read back from the rpmdb, sorted
  std::vector<ScriptletRun> scriptlets;
  std::vector<KernelPackage> kernel_packages; ///< sorted
  /// Of the release's identity files those that packages brought; sorted.
  std::vector<std::string> owned_identity_files;
  std::optional<PackagedPlaces> packaged; ///< absent: nobody has looked
};

/// A kernel in the root. Paths are as the image sees them.
struct InstalledKernel {
  std::string release; ///< `uname -r`
  std::string image;   ///< "/boot/vmlinuz-6.6.1" or "/usr/lib/modules/…/vmlinuz"
  std::string initramfs;
  bool operator==(const InstalledKernel&) const = default;
};

/// What a script has left to be published beside the image.
struct ScriptFile {
  std::string name;
  std::string content;

  bool operator==(const ScriptFile&) const = default;
};

/// A finished root: nothing changes it any more.
struct SealedRoot {
  std::filesystem::path path;
  std::vector<Nevra> packages;
  std::vector<InstalledKernel> kernels; ///< the default first
  std::string kernel_command_line;
  std::vector<DiskPatch> disk_patches; ///< to be written after everything else
  /// Files with the kernel command line, some words of which are known only when filesystems have
  /// been written.
  std::vector<std::string> command_line_files;
  std::vector<ScriptFile> script_files; ///< in the order of the config
};

} // namespace imagewright::model
