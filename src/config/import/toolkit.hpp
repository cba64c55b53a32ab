// SPDX-License-Identifier: MIT
#pragma once

// Parts of the toolkit importer.

#include <set>
#include <string>
#include <string_view>
#include <vector>

#include <imagewright/config/import.hpp>
#include <imagewright/json/value.hpp>

namespace imagewright::config::toolkit {

/// What was carried over, and sentences about what was not.
struct Part {
  json::Object keys;
  std::vector<std::string> left_out;

  void add(std::string name, json::Value value);
  void leave_out(const std::string& what, const std::string& why);
};

/// Text of a member, or "". Numbers and booleans count as their text.
std::string text_member(const json::Value& object, std::string_view name);
/// Items of a member that is a list; empty when it is something else.
const json::Array& list_member(const json::Value& object, std::string_view name);
/// Does a member hold something: not null, false, "" or an empty list or object?
bool is_given(const json::Value& object, std::string_view name);
/// Leaves out every given member that is not in `known`; names that start with "_" are comments.
void leave_out_others(Part& part, const json::Value& object,
                      const std::set<std::string_view>& known, const std::string& path);

/// The `storage` section from a disk and the partition settings of a system config.
/// Where images have the EFI system partition.
inline constexpr std::string_view k_esp_mount = "/boot/efi";

/// Where a definition mounts the EFI system partition, if it is not there; else empty.
std::string other_esp_mount(const json::Value& disk, const json::Value& system);

Part convert_storage(const json::Value& disk, const json::Value& system);
/// The `output` section from the artifacts of a disk.
Part convert_output(const json::Value& disk);
/// What the names of packages say of the boot chain, of which a definition has no word.
struct BootPackages {
  bool has_systemd_boot = false; ///< and no GRUB
  bool has_unified_kernel = false;
};

BootPackages boot_packages(const json::Value& system, const NamedFileReader& read_list);

/// The `os` section.
Part convert_os(const json::Value& disk, const json::Value& system, const BootPackages& boot);
/// The `scripts` section.
Part convert_scripts(const json::Value& system);

} // namespace imagewright::config::toolkit
