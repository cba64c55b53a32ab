// SPDX-License-Identifier: MIT
#include <algorithm>

#include <fmt/format.h>

#include <imagewright/base/error.hpp>
#include <imagewright/base/key_value.hpp>
#include <imagewright/base/text.hpp>
#include <imagewright/inspect/disk_description.hpp>
#include <imagewright/inspect/system_facts.hpp>
#include <imagewright/model/kernel_command_line.hpp>

#include "efi_sections.hpp"

namespace imagewright::inspect {

namespace {

[[noreturn]] void refuse(const std::string& code, const OpenedImage& image, const std::string& what,
                         const std::string& hint) {
  throw base::Error(base::FailureKind::input, code,
                    fmt::format("{} {}", base::quoted(image.path().string()), what), hint);
}

/// The last of that name counts.
std::string argument(const std::string& command_line, std::string_view name) {
  std::string value;
  for (const std::string& word : model::kernel_words(command_line)) {
    const auto parameter = model::kernel_parameter(word);
    if (parameter.value && parameter.name == name) value = *parameter.value;
  }
  return value;
}

std::optional<model::DescribedHashes>
hashes_of(const OpenedImage& image, const OpenedPartition& data, const std::string& command_line) {
  const auto found = std::ranges::find(image.partitions(), data.entry.number,
                                       [](const OpenedPartition& each) { return each.verity_of; });
  const bool is_usr = data.verity_name == "usr" || data.mount_point == "/usr";
  const std::string root_hash = argument(command_line, is_usr ? "usrhash" : "roothash");
  // Hashes that nobody asks for are no matter of the one who starts the system.
  if (found == image.partitions().end() || root_hash.empty()) return std::nullopt;
  return model::DescribedHashes{.partition = found->entry.number,
                                .root_hash = base::to_lower(root_hash),
                                .offset = found->verity_offset};
}

std::vector<model::DescribedFilesystem> filesystems_of(const OpenedImage& image,
                                                       const std::string& command_line) {
  std::vector<model::DescribedFilesystem> filesystems;
  for (const OpenedPartition& partition : image.partitions()) {
    if (!partition.files || partition.mount_point.empty()) continue;
    const disk::FilesystemFacts facts = partition.files->facts();
    filesystems.push_back({.partition = partition.entry.number,
                           .mount_point = partition.mount_point,
                           .type = facts.type,
                           .uuid = facts.uuid,
                           .partition_type = partition.entry.type,
                           .hashes = hashes_of(image, partition, command_line)});
  }
  return filesystems;
}

bool is_unified(const BootEntry& entry) {
  return base::to_lower(entry.file).ends_with(".efi");
}

/// "vmlinuz-6.6.1", "vmlinuz-6.6.1.efi" and, as kernel-install(8) lays them out,
/// "/MACHINE/6.6.1/linux" are of 6.6.1.
std::string release_of_name(std::string name) {
  constexpr std::string_view k_in_directory = "/linux";
  if (name.ends_with(k_in_directory)) name.resize(name.size() - k_in_directory.size());
  name = name.substr(name.rfind('/') + 1);
  if (base::to_lower(name).ends_with(".efi")) name.resize(name.size() - 4);
  constexpr std::string_view k_kernel = "vmlinuz-";
  return name.starts_with(k_kernel) ? name.substr(k_kernel.size()) : name;
}

std::string release_of(const SystemView& view, const BootEntry& entry) {
  if (is_unified(entry)) {
    const std::string program = view.read(entry.file).value_or("");
    if (const auto release = find_efi_section(program, ".uname"))
      return std::string(base::trimmed(release->substr(0, release->find('\0'))));
  }
  return release_of_name(entry.kernel);
}

/// With a menu of GRUB, GRUB starts the system, whatever else lies on the disk.
std::vector<model::DescribedBootEntry> boot_entries_of(const OpenedImage& image,
                                                       const std::vector<BootEntry>& entries) {
  const bool has_grub = std::ranges::any_of(
      entries, [](const BootEntry& entry) { return entry.file.ends_with("/grub.cfg"); });
  std::vector<model::DescribedBootEntry> described;
  if (has_grub) return described;
  const SystemView view(image);
  for (const BootEntry& entry : entries)
    described.push_back({.is_unified = is_unified(entry),
                         .path = entry.file,
                         .command_line = entry.command_line,
                         .kernel = release_of(view, entry)});
  if (described.empty())
    refuse("inspect.no-boot-entry", image, "has no kernel that GRUB or systemd-boot would start",
           "give the image of a system that starts by itself");
  return described;
}

/// As whoever made the image last called it; else its disk does.
base::Uuid id_of(const OpenedImage& image, const SystemView& view) {
  const std::string text = view.read("/etc/image-customizer-release").value_or("");
  const auto id = base::Uuid::parse(base::find_value(text, "IMAGE_UUID").value_or(""));
  return id.value_or(image.disk_uuid());
}

} // namespace

model::DiskDescription describe_disk(const OpenedImage& image) {
  SystemFacts facts = read_system(image);
  const SystemView view(image);
  const model::Architecture* architecture = find_architecture(image);
  if (architecture == nullptr)
    refuse("inspect.no-architecture", image, "has no program of an architecture that is known here",
           "give the image of an x86_64 or aarch64 system");
  if (!facts.packages)
    refuse("inspect.no-packages", image,
           facts.packages_complaint.empty() ? "has no database of RPM packages"
                                            : "has no packages: " + facts.packages_complaint,
           "write the image in another format; COSI files list the packages");
  model::DiskDescription description{
      .architecture = architecture,
      .os_release =
          view.read("/etc/os-release").value_or(view.read("/usr/lib/os-release").value_or("")),
      .id = id_of(image, view),
      .filesystems = filesystems_of(image, facts.kernel_command_line()),
      .packages = std::move(*facts.packages),
      .boot_entries = boot_entries_of(image, facts.boot_entries)};
  std::ranges::sort(description.packages);
  return description;
}

} // namespace imagewright::inspect
