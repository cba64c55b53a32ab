// SPDX-License-Identifier: MIT
#include <algorithm>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include <imagewright/base/text.hpp>
#include <imagewright/base/uuid.hpp>

#include "config/import/toolkit.hpp"

namespace imagewright::config::toolkit {

namespace {

using json::Array;
using json::Object;
using json::Value;

/// Numbers of the toolkit are in MiB.
std::optional<std::uint64_t> mib_member(const Value& object, std::string_view name) {
  const std::string text = text_member(object, name);
  if (text.empty() || text.size() > 9 || text.find_first_not_of("0123456789") != std::string::npos)
    return std::nullopt;
  return std::stoull(text);
}

bool has_flag(const Value& partition, std::string_view flag) {
  for (const Value& each : list_member(partition, "Flags")) {
    if (each.find_string() != nullptr && *each.find_string() == flag) return true;
  }
  return false;
}

std::string type_of(const Value& partition) {
  if (has_flag(partition, "esp")) return "esp";
  if (has_flag(partition, "grub") || has_flag(partition, "bios_grub")) return "bios-grub";
  const std::string uuid = text_member(partition, "TypeUUID");
  if (!uuid.empty()) return uuid;
  const std::string type = text_member(partition, "Type");
  if (type.starts_with("linux-root-")) return "root";
  static const std::map<std::string, std::string> words = {
      {"linux", "linux-generic"},
      {"esp", "esp"},
      {"bios-grub", "bios-grub"},
      {"linux-swap", "swap"},
      {"linux-home", "home"},
      {"linux-srv", "srv"},
      {"linux-var", "var"},
      {"linux-tmp", "tmp"},
      {"xbootldr", "xbootldr"},
      {"linux-lvm", "e6d6d379-f507-44c2-a23c-238f2a3df928"},
      {"linux-raid", "a19d880f-05fc-4d3b-a006-743f0f84911e"},
      {"linux-luks", "ca7d7ccb-63ed-4c53-861c-1742536059cc"},
      {"linux-dm-crypt", "7ffec5c9-2d00-49b7-8941-3ea10a5586b7"}};
  const auto found = words.find(type);
  return found == words.end() ? std::string() : found->second;
}

Object convert_partition(const Value& partition) {
  Object result{{"id", text_member(partition, "ID")}};
  const std::string label = text_member(partition, "Name");
  if (!label.empty()) result.emplace_back("label", label);
  const std::string type = type_of(partition);
  if (!type.empty()) result.emplace_back("type", type);
  if (const auto start = mib_member(partition, "Start"))
    result.emplace_back("start", fmt::format("{}M", *start));
  const auto end = mib_member(partition, "End");
  if (end && *end > 0) {
    result.emplace_back("end", fmt::format("{}M", *end));
  } else {
    result.emplace_back("size", "grow");
  }
  return result;
}

/// The filesystem word, or nothing for those that cannot be made.
std::optional<std::string> filesystem_type(const std::string& type) {
  static const std::map<std::string, std::string> words = {
      {"fat32", "fat32"}, {"vfat", "fat32"},      {"ext4", "ext4"},
      {"xfs", "xfs"},     {"linux-swap", "swap"}, {"btrfs", "btrfs"}};
  const auto found = words.find(type);
  return found == words.end() ? std::nullopt : std::optional(found->second);
}

std::string identifier_word(const std::string& word) {
  if (word == "uuid") return "uuid";
  return word == "partlabel" ? "part-label" : "";
}

const Value* find_setting(const Value& system, const std::string& id) {
  for (const Value& setting : list_member(system, "PartitionSettings")) {
    if (text_member(setting, "ID") == id) return &setting;
  }
  return nullptr;
}

Value convert_mount_point(Part& part, const Value& setting, bool is_esp) {
  std::string path = text_member(setting, "MountPoint");
  if (is_esp && path != k_esp_mount) {
    part.leave_out(fmt::format("mount point {} of the EFI system partition", path),
                   "it is mounted at /boot/efi, and files of the definition go there; look at its "
                   "scripts");
    path = k_esp_mount;
  }
  const std::string options = text_member(setting, "MountOptions");
  const std::string identifier = identifier_word(text_member(setting, "MountIdentifier"));
  if (options.empty() && identifier.empty()) return path;
  Object mount{{"path", path}};
  if (!identifier.empty()) mount.emplace_back("idType", identifier);
  if (!options.empty()) mount.emplace_back("options", options);
  return mount;
}

void add_filesystem(Part& part, Array& filesystems, const Value& partition, const Value& system) {
  const std::string id = text_member(partition, "ID");
  if (type_of(partition) == "bios-grub") return;
  const std::string wanted = text_member(partition, "FsType");
  if (wanted.empty()) return;
  const auto type = filesystem_type(wanted);
  if (!type)
    part.leave_out(fmt::format("filesystem {} of partition {}", wanted, id),
                   "ext4 is used instead");
  Object filesystem{{"deviceId", id}, {"type", type.value_or("ext4")}};
  const Value* setting = find_setting(system, id);
  if (setting != nullptr && is_given(*setting, "MountPoint")) {
    filesystem.emplace_back("mountPoint",
                            convert_mount_point(part, *setting, type_of(partition) == "esp"));
  }
  filesystems.push_back(std::move(filesystem));
}

void leave_out_rest(Part& part, const Value& disk, const Value& system) {
  leave_out_others(part, disk,
                   {"PartitionTableType", "MaxSize", "Partitions", "Artifacts", "TargetDisk"},
                   "Disks[0]");
  if (is_given(disk, "TargetDisk"))
    part.leave_out("Disks[0].TargetDisk",
                   "images are files; nothing is written to a disk of the host");
  for (const Value& partition : list_member(disk, "Partitions")) {
    if (is_given(partition, "Type") && type_of(partition).empty())
      part.leave_out(fmt::format("partition {}.Type {}", text_member(partition, "ID"),
                                 text_member(partition, "Type")),
                     "there is no such type");
    leave_out_others(part, partition,
                     {"ID", "Name", "Flags", "Start", "End", "FsType", "Type", "TypeUUID"},
                     fmt::format("partition {}", text_member(partition, "ID")));
  }
  for (const Value& setting : list_member(system, "PartitionSettings")) {
    leave_out_others(part, setting, {"ID", "MountPoint", "MountOptions", "MountIdentifier"},
                     fmt::format("PartitionSettings {}", text_member(setting, "ID")));
  }
}

} // namespace

std::string other_esp_mount(const Value& disk, const Value& system) {
  for (const Value& partition : list_member(disk, "Partitions")) {
    const Value* setting = find_setting(system, text_member(partition, "ID"));
    if (type_of(partition) != "esp" || setting == nullptr) continue;
    std::string mount = text_member(*setting, "MountPoint");
    return mount == k_esp_mount ? "" : mount;
  }
  return {};
}

Part convert_storage(const Value& disk, const Value& system) {
  Part part;
  leave_out_rest(part, disk, system);
  const Array& partitions = list_member(disk, "Partitions");
  if (partitions.empty()) return part;
  if (text_member(disk, "PartitionTableType") == "mbr")
    part.leave_out("Disks[0].PartitionTableType mbr", "gpt is used instead");
  part.add("bootType", text_member(system, "BootType") == "legacy" ? "legacy" : "efi");
  Object result{{"partitionTableType", "gpt"}};
  if (const auto size = mib_member(disk, "MaxSize"))
    result.emplace_back("maxSize", fmt::format("{}M", *size));
  Array converted;
  Array filesystems;
  for (const Value& partition : partitions) {
    converted.push_back(convert_partition(partition));
    add_filesystem(part, filesystems, partition, system);
  }
  result.emplace_back("partitions", std::move(converted));
  if (!is_given(disk, "MaxSize")) {
    part.leave_out("Disks[0] without MaxSize", "the disk is fitted to its content");
    part.add("autoSize", true);
  }
  part.add("disks", Array{std::move(result)});
  part.add("filesystems", std::move(filesystems));
  return part;
}

namespace {

/// A file of an image, or of its files alone, with its compression; nothing for what has no
/// counterpart.
std::optional<Object> convert_artifact(const Value& artifact) {
  // The toolkit's "vhd" is a fixed one.
  static const std::map<std::string, std::string> formats = {
      {"vhd", "vhd-fixed"}, {"vhdx", "vhdx"}, {"qcow2", "qcow2"}, {"raw", "raw"}};
  static const std::map<std::string, std::string> algorithms = {
      {"gz", "gzip"}, {"gzip", "gzip"}, {"xz", "xz"}};
  std::string compression = text_member(artifact, "Compression");
  const std::string type = text_member(artifact, "Type");
  const auto format = formats.find(type);
  const bool is_archive = type.empty() && compression.starts_with("tar.");
  if (format == formats.end() && !is_archive) return std::nullopt;
  if (is_archive) compression = compression.substr(std::string_view("tar.").size());
  Object image{{"format", is_archive ? "tar" : format->second}};
  if (compression.empty()) return image;
  const auto algorithm = algorithms.find(compression);
  if (algorithm == algorithms.end()) return std::nullopt;
  image.emplace_back("compression", Object{{"algorithm", algorithm->second}});
  return image;
}

} // namespace

Part convert_output(const Value& disk) {
  Part part;
  Array images;
  std::string name;
  for (const Value& artifact : list_member(disk, "Artifacts")) {
    if (name.empty()) name = text_member(artifact, "Name");
    if (auto image = convert_artifact(artifact)) {
      images.push_back(std::move(*image));
      continue;
    }
    const std::string type = text_member(artifact, "Type");
    const std::string compression = text_member(artifact, "Compression");
    part.leave_out(fmt::format("artifact {}{}{}", type,
                               type.empty() || compression.empty() ? "" : " in ", compression),
                   "no such format is written");
  }
  if (!name.empty()) part.add("name", name);
  if (!images.empty()) part.add("images", std::move(images));
  return part;
}

} // namespace imagewright::config::toolkit
