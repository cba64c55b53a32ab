// SPDX-License-Identifier: MIT
#include <algorithm>
#include <string>
#include <vector>

#include <imagewright/base/text.hpp>
#include <imagewright/model/filesystem_type.hpp>

#include "../steps.hpp"

namespace imagewright::finalize::steps {
namespace {

struct Input {
  const model::DiskLayout& layout;
  const std::vector<model::OverlayConfig>& overlays;
};

constexpr std::string_view k_esp_mount = "/boot/efi";

bool is_swap_area(const model::Filesystem& filesystem) {
  return model::row_of(filesystem.type).use == model::FilesystemUse::swap_area;
}

std::string options_of(const model::Filesystem& filesystem) {
  if (!filesystem.mount_options.empty()) return filesystem.mount_options;
  if (is_swap_area(filesystem)) return "sw";
  // Only root may look at boot loader files; a node boots also when the partition is damaged.
  if (filesystem.mount_point == k_esp_mount) return "umask=0077,nofail,x-systemd.automount";
  return "defaults";
}

/// The order of checks at boot (fstab(5)); 0 where the filesystem has no checker that belongs
/// there.
int check_order(const model::Filesystem& filesystem) {
  // What is verified cannot be repaired.
  if (!model::row_of(filesystem.type).is_checked_at_boot || !filesystem.verity_name.empty())
    return 0;
  return filesystem.mount_point == "/" ? 1 : 2;
}

std::string line_of(const model::Partition& partition) {
  const auto& filesystem = *partition.filesystem;
  const bool is_swap = is_swap_area(filesystem);
  return model::mount_source(partition) + '\t' + (is_swap ? "none" : filesystem.mount_point) +
         '\t' + model::mount_type_of(filesystem.type) + '\t' + options_of(filesystem) + "\t0\t" +
         std::to_string(check_order(filesystem)) + '\n';
}

std::vector<model::Partition> mounted_partitions(const model::DiskLayout& layout) {
  std::vector<model::Partition> partitions;
  for (const auto& partition : layout.partitions) {
    if (!partition.filesystem) continue;
    const bool is_swap = is_swap_area(*partition.filesystem);
    if (is_swap || !partition.filesystem->mount_point.empty()) partitions.push_back(partition);
  }
  // A mount point stands after what it is mounted on; swap, without one, comes last.
  std::ranges::stable_sort(partitions, {}, [](const model::Partition& partition) {
    const auto& path = partition.filesystem->mount_point;
    return std::pair(path.empty(), path);
  });
  return partitions;
}

/// Made here it takes part in what is decided by path: labels, and
/// the list of files.
void make_lost_and_found(const fs::RootDir& files, const model::Filesystem& filesystem) {
  if (!model::row_of(filesystem.type).has_lost_and_found || filesystem.mount_point.empty()) return;
  const auto parent = filesystem.mount_point == "/" ? "" : filesystem.mount_point;
  files.make_directories(parent + "/lost+found", 0700);
}

std::string line_of(const model::OverlayConfig& overlay) {
  const bool is_early = overlay.stage == model::OverlayStage::initrd;
  const std::string prefix = is_early ? "/sysroot" : "";
  std::vector<std::string> lower;
  for (const auto& directory : overlay.lower_directories)
    lower.push_back(prefix + directory);
  std::string options = "lowerdir=" + base::join(lower, ":") + ",upperdir=" + prefix +
                        overlay.upper_directory.text + ",workdir=" + prefix +
                        overlay.work_directory.text;
  for (const auto& dependency : overlay.mount_dependencies) {
    options += ",x-systemd.requires=" + dependency;
  }
  if (is_early) options += ",x-initrd.mount,x-systemd.wanted-by=initrd-fs.target";
  if (!overlay.mount_options.empty()) options += ',' + overlay.mount_options;
  return "overlay\t" + overlay.mount_point.text + "\toverlay\t" + options + "\t0\t0\n";
}

void make_overlay_directories(const fs::RootDir& files, const model::OverlayConfig& overlay) {
  for (const auto& directory : overlay.lower_directories)
    files.make_directories(directory);
  files.make_directories(overlay.mount_point.text);
  files.make_directories(overlay.upper_directory.text);
  files.make_directories(overlay.work_directory.text);
}

/// systemd makes those that are missing when it starts, which a read-only root does not let it do:
/// it could not even enter such a root from the initramfs.
void make_kernel_mount_points(const fs::RootDir& files) {
  for (const auto* path : {"/dev", "/run"})
    files.make_directories(path);
  for (const auto* path : {"/proc", "/sys"})
    files.make_directories(path, 0555);
}

StepYield write_mounts(const Input& input, root::WorkRoot& root) {
  const fs::RootDir& files = root.files();
  make_kernel_mount_points(files);
  std::string text;
  for (const auto& partition : mounted_partitions(input.layout)) {
    text += line_of(partition);
    const auto& path = partition.filesystem->mount_point;
    if (!path.empty() && path != "/") files.make_directories(path);
    make_lost_and_found(files, *partition.filesystem);
  }
  for (const auto& overlay : input.overlays) {
    text += line_of(overlay);
    make_overlay_directories(files, overlay);
  }
  files.write("/etc/fstab", text, 0644);
  return {};
}

} // namespace

constinit const Step mounts{"mounts", AppliesTo::composed,
                            k_run<write_mounts, &FinalizePlan::layout, &model::OsConfig::overlays>};

} // namespace imagewright::finalize::steps
