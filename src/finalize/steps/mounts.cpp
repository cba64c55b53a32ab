// SPDX-License-Identifier: MIT
#include <algorithm>
#include <map>
#include <string>
#include <vector>

#include <fmt/format.h>

#include <imagewright/base/error.hpp>
#include <imagewright/base/text.hpp>
#include <imagewright/model/filesystem_type.hpp>
#include <imagewright/model/mount_options.hpp>
#include <imagewright/model/overlay_places.hpp>

#include "../steps.hpp"

namespace imagewright::finalize::steps {
namespace {

struct Input {
  const RootOrigin& origin;
  const BaseDisk& base_disk;
  const model::DiskLayout& layout;
  const std::map<std::string, std::string>& new_identifiers;
  const std::vector<model::OverlayConfig>& overlays;
};

constexpr std::string_view k_esp_mount = "/boot/efi";

bool is_swap_area(const model::Filesystem& filesystem) {
  return model::row_of(filesystem.type).use == model::FilesystemUse::swap_area;
}

/// A field of fstab(5) with the escapes that getmntent(3) takes back.
std::string field(const std::string& text) {
  std::string escaped;
  for (const char c : text) {
    const bool is_special = c == ' ' || c == '\t' || c == '\n' || c == '\\';
    escaped +=
        is_special ? fmt::format("\\{:03o}", static_cast<unsigned char>(c)) : std::string(1, c);
  }
  return escaped;
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
  return field(model::mount_source(partition)) + '\t' +
         (is_swap ? "none" : field(filesystem.mount_point)) + '\t' +
         model::mount_type_of(filesystem.type) + '\t' + field(options_of(filesystem)) + "\t0\t" +
         std::to_string(check_order(filesystem)) + '\n';
}

bool keeps_mounts_of_base(const Input& input) {
  return input.origin == RootOrigin::base_image && input.base_disk == BaseDisk::kept;
}

/// None where the disk of a base, and so its lines, stay.
std::vector<model::Partition> mounted_partitions(const Input& input) {
  std::vector<model::Partition> partitions;
  if (keeps_mounts_of_base(input)) return partitions;
  for (const auto& partition : input.layout.partitions) {
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
  return "overlay\t" + field(overlay.mount_point.text) + "\toverlay\t" + field(options) +
         "\t0\t0\n";
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

/// "/srv/my data" of "/srv/my\\040data/".
std::string mount_point_of(const std::string& field) {
  std::string path;
  for (std::size_t at = 0; at < field.size(); ++at) {
    const auto digits = field.substr(at + 1, 3);
    const bool is_escape = field[at] == '\\' && digits.size() == 3 &&
                           digits.find_first_not_of("01234567") == std::string::npos;
    if (is_escape) {
      path += static_cast<char>((digits[0] - '0') * 64 + (digits[1] - '0') * 8 + (digits[2] - '0'));
      at += 3;
    } else {
      path += field[at];
    }
  }
  while (path.size() > 1 && path.ends_with('/'))
    path.pop_back();
  return path;
}

/// The config's lines, by what they mount.
std::map<std::string, std::string> own_lines(const Input& input) {
  std::map<std::string, std::string> lines;
  for (const auto& overlay : input.overlays)
    lines[overlay.mount_point.text] = line_of(overlay);
  for (const auto& partition : mounted_partitions(input))
    lines[partition.filesystem->mount_point] = line_of(partition);
  return lines;
}

/// An overlay replaces an overlay of the base; what is mounted there otherwise stays, and is told
/// with the rest.
bool is_replaced(const std::vector<std::string>& words,
                 const std::map<std::string, std::string>& own) {
  const auto line = own.find(mount_point_of(words[1]));
  if (line == own.end()) return false;
  const bool is_overlay = line->second.starts_with("overlay\t");
  return !is_overlay || (words.size() > 2 && words[2] == "overlay");
}

/// Whether a line mounts a partition of the disk that its image had: the new one has others.
bool is_of_former_disk(const std::string& source) {
  for (const auto* start :
       {"UUID=", "PARTUUID=", "LABEL=", "PARTLABEL=", "/dev/disk/by-", "/dev/mapper/", "/dev/sd",
        "/dev/vd", "/dev/xvd", "/dev/hd", "/dev/nvme", "/dev/mmcblk"}) {
    if (source.starts_with(start)) return true;
  }
  return false;
}

std::string without_former_disk(const std::string& fstab) {
  std::string text;
  for (const auto& line : base::split(fstab, '\n')) {
    const auto words = base::split_whitespace(line);
    if (!line.empty() && (words.empty() || !is_of_former_disk(words[0]))) text += line + '\n';
  }
  return text;
}

/// The lines of packages or of a base, but for those that the config's mounts replace: of these it
/// is told.
std::string kept_lines(const std::string& fstab, const std::map<std::string, std::string>& own,
                       StepYield& yield) {
  std::string text;
  for (const auto& line : base::split(fstab, '\n')) {
    const auto words = base::split_whitespace(line);
    const bool is_mount = words.size() > 1 && !words[0].starts_with('#');
    if (is_mount && is_replaced(words, own)) {
      if (own.at(mount_point_of(words[1])) == line + '\n') continue;
      yield.warnings.push_back({.severity = base::Severity::warning,
                                .code = "finalize.mount-replaced",
                                .message = "a line of /etc/fstab for " +
                                           base::quoted(mount_point_of(words[1])) +
                                           " gave way to the config's mount: " + base::quoted(line),
                                .where = {},
                                .hint = "leave one of the two out"});
    } else if (!line.empty()) {
      text += line + '\n';
    }
  }
  return text;
}

/// Only the sources of the lines change.
std::string with_new_identifiers(const std::string& fstab,
                                 const std::map<std::string, std::string>& identifiers) {
  std::vector<std::string> lines = base::split(fstab, '\n');
  for (auto& line : lines) {
    const auto words = base::split_whitespace(line);
    if (words.empty() || words[0].starts_with('#')) continue;
    const auto start = words[0].find_last_of("=/") + 1;
    std::string name = words[0].substr(start);
    if (name.size() > 1 && name.starts_with('"')) name = name.substr(1, name.size() - 2);
    const auto known = identifiers.find(base::to_lower(name));
    if (known != identifiers.end()) line.replace(line.find(name), name.size(), known->second);
  }
  return base::join(lines, "\n");
}

/// Devices that a base has already are known without their salt.
bool is_verified_anew(const model::Partition& partition, const model::DiskLayout& layout) {
  return std::ranges::any_of(layout.verity, [&](const model::VerityDevice& device) {
    return !device.salt.empty() && device.name == partition.filesystem->verity_name;
  });
}

/// What dm-verity vouches for from now on is mounted through it, and nothing writes to it.
std::string with_verified_sources(const std::string& fstab, const model::DiskLayout& layout) {
  std::vector<std::string> lines = base::split(fstab, '\n');
  for (auto& line : lines) {
    const auto words = base::split_whitespace(line);
    if (words.size() < 3 || words[0].starts_with('#')) continue;
    const model::Partition* partition = layout.find_mount(mount_point_of(words[1]));
    if (partition == nullptr || !is_verified_anew(*partition, layout)) continue;
    std::vector<std::string> options = base::split(words.size() > 3 ? words[3] : "", ',');
    std::erase_if(options, [](const std::string& option) {
      return option.empty() || option == "rw" || option == "ro" || option == "defaults";
    });
    options.insert(options.begin(), "ro");
    line = "/dev/mapper/" + partition->filesystem->verity_name + '\t' + words[1] + '\t' + words[2] +
           '\t' + base::join(options, ",") + "\t0\t0";
  }
  return base::join(lines, "\n");
}

/// Of a base only its own lines tell what is mounted where.
void require_mountable(const std::vector<model::OverlayConfig>& overlays,
                       const std::string& fstab) {
  std::vector<model::MountedPlace> places;
  for (const auto& line : base::split(fstab, '\n')) {
    const auto words = base::split_whitespace(line);
    if (words.size() < 2 || words[0].starts_with('#')) continue;
    if (words.size() > 2 && words[2] == "overlay") continue;
    const std::string options = words.size() > 3 ? words[3] : "";
    // Nobody mounts it when the system starts.
    if (model::has_mount_option(options, "noauto")) continue;
    places.push_back({.path = mount_point_of(words[1]), .options = options});
  }
  for (const auto& overlay : overlays) {
    const auto obstacle = model::find_overlay_obstacle(overlay, places);
    if (!obstacle) continue;
    throw base::Error(base::FailureKind::input, {.code = "config.conflict",
                                                 .message = obstacle->message,
                                                 .where = obstacle->where,
                                                 .hint = obstacle->hint});
  }
}

StepYield write_mounts(const Input& input, root::WorkRoot& root) {
  const bool keeps_mounts = keeps_mounts_of_base(input);
  const fs::RootDir& files = root.files();
  if (!input.new_identifiers.empty())
    files.write(
        "/etc/fstab",
        with_new_identifiers(files.find_content("/etc/fstab").value_or(""), input.new_identifiers),
        0644);
  if (keeps_mounts && !input.layout.verity.empty()) {
    const std::string fstab = files.find_content("/etc/fstab").value_or("");
    const std::string verified = with_verified_sources(fstab, input.layout);
    if (verified != fstab) files.write("/etc/fstab", verified, 0644);
  }
  if (keeps_mounts && input.overlays.empty()) return {};
  if (!keeps_mounts) make_kernel_mount_points(files);
  StepYield yield;
  std::string fstab = files.find_content("/etc/fstab").value_or("");
  if (input.origin == RootOrigin::base_image && !keeps_mounts) fstab = without_former_disk(fstab);
  std::string text = kept_lines(fstab, own_lines(input), yield);
  for (const auto& partition : mounted_partitions(input)) {
    text += line_of(partition);
    const auto& path = partition.filesystem->mount_point;
    if (!path.empty() && path != "/") files.make_directories(path);
    make_lost_and_found(files, *partition.filesystem);
  }
  require_mountable(input.overlays, text);
  for (const auto& overlay : input.overlays) {
    text += line_of(overlay);
    make_overlay_directories(files, overlay);
  }
  files.write("/etc/fstab", text, 0644);
  return yield;
}

} // namespace

constinit const Step mounts{
    "mounts", AppliesTo::both,
    k_run<write_mounts, &FinalizePlan::origin, &FinalizePlan::base_disk, &FinalizePlan::layout,
          &FinalizePlan::new_identifiers, &model::OsConfig::overlays>};

} // namespace imagewright::finalize::steps
