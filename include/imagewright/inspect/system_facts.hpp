// SPDX-License-Identifier: MIT
#pragma once

// What the operating system in an image is and how it would start, read from its files.

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include <imagewright/inspect/opened_image.hpp>
#include <imagewright/model/package.hpp>

namespace imagewright::inspect {

/// One way to start the system.
struct BootEntry {
  std::string file;   ///< where it stands, as the running system sees it
  std::string title;  ///< of the menu; may be empty
  std::string kernel; ///< as the entry writes it
  std::string initramfs;
  std::string command_line;

  bool operator==(const BootEntry&) const = default;
};

/// Words that the checks of a manifest use as well.
struct SystemFacts {
  std::string operating_system; ///< PRETTY_NAME of os-release
  std::string host_name;
  std::vector<std::string> kernels;      ///< releases with modules, sorted
  std::vector<std::string> efi_programs; ///< paths on the EFI system partition
  std::vector<BootEntry> boot_entries;   ///< in the order of the files; the default first
  std::string selinux_mode = "disabled"; ///< or "permissive", "enforcing"
  std::string selinux_policy;            ///< "targeted"
  std::string cgroup_version = "2";      ///< or "1"
  bool is_fips = false;
  std::string default_target;
  std::vector<std::string> enabled_units; ///< what /etc/systemd/system pulls in, sorted
  std::vector<std::string> masked_units;
  /// As the image's own package database says; absent when there is none that can be read.
  std::optional<std::vector<model::Nevra>> packages;
  /// The file names of the source packages that they were built from, by the package's text.
  std::map<std::string, std::string> source_packages;
  /// Why there is none, when the image has a database; else empty.
  std::string packages_complaint;

  /// Of the entry that starts by itself.
  std::string kernel_command_line() const;

  bool operator==(const SystemFacts&) const = default;
};

/// Throws base::Error (disk.corrupt-filesystem, inspect.no-system, inspect.corrupt-database).
SystemFacts read_system(const OpenedImage& image);

} // namespace imagewright::inspect
