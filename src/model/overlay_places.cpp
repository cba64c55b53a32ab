// SPDX-License-Identifier: MIT
#include <algorithm>
#include <array>
#include <string_view>
#include <vector>

#include <fmt/format.h>

#include <imagewright/base/paths.hpp>
#include <imagewright/base/text.hpp>
#include <imagewright/model/mount_options.hpp>
#include <imagewright/model/overlay_places.hpp>

namespace imagewright::model {

namespace {

/// What is in them at the end of a build is not there when the node has started.
constexpr std::array<std::string_view, 6> k_fleeting_directories{"/dev", "/proc", "/run",
                                                                 "/sys", "/tmp",  "/var/tmp"};
constexpr std::string_view k_early_option = "x-initrd.mount";

/// The mount that the path lies on; nothing: the root filesystem.
std::optional<std::size_t> mount_of(const std::string& path, std::span<const MountedPlace> mounts) {
  std::optional<std::size_t> found;
  for (std::size_t index = 0; index < mounts.size(); ++index) {
    const std::string& place = mounts[index].path;
    const bool is_on_it = place != "/" && base::is_at_or_below(path, place);
    if (is_on_it && (!found || mounts[*found].path.size() < place.size())) found = index;
  }
  return found;
}

bool is_mounted_early(const MountedPlace& mount) {
  return mount.path == "/usr" || has_mount_option(mount.options, k_early_option);
}

std::optional<OverlayObstacle> find_fleeting(const OverlayConfig& overlay) {
  for (const auto& [key, located] : {std::pair("upperDir", overlay.upper_directory),
                                     std::pair("workDir", overlay.work_directory)}) {
    const std::string& path = located.text;
    for (const std::string_view directory : k_fleeting_directories) {
      if (!base::is_at_or_below(path, directory)) continue;
      return OverlayObstacle{
          .message = fmt::format("{} {} is not there when the system starts: {} is {}", key,
                                 base::quoted(path), directory,
                                 directory.ends_with("tmp") ? "emptied when the image is made"
                                                            : "covered by the system itself"),
          .where = located.where,
          .hint = "choose a directory of the root filesystem or of a partition",
          .mount = {}};
    }
  }
  return std::nullopt;
}

std::optional<OverlayObstacle> find_late_mount(const OverlayConfig& overlay,
                                               std::span<const MountedPlace> mounts) {
  if (overlay.stage != OverlayStage::initrd) return std::nullopt;
  std::vector<std::string> needed = overlay.lower_directories;
  needed.push_back(overlay.upper_directory.text);
  needed.push_back(overlay.work_directory.text);
  needed.insert(needed.end(), overlay.mount_dependencies.begin(), overlay.mount_dependencies.end());
  for (const std::string& path : needed) {
    const auto mount = mount_of(path, mounts);
    if (!mount || is_mounted_early(mounts[*mount])) continue;
    return OverlayObstacle{
        .message = fmt::format("the initramfs mounts the overlay at {}, and {} is on {}, which is "
                               "mounted after it",
                               base::quoted(overlay.mount_point.text), base::quoted(path),
                               base::quoted(mounts[*mount].path)),
        .where = overlay.mount_point.where,
        .hint = fmt::format("add {} to the mount options of {}, or remove isInitrdOverlay",
                            base::quoted(k_early_option), base::quoted(mounts[*mount].path)),
        .mount = mount};
  }
  return std::nullopt;
}

/// systemd takes one line for a place; the others it does not read.
std::optional<OverlayObstacle> find_mount_below(const OverlayConfig& overlay,
                                                std::span<const MountedPlace> mounts) {
  const auto below = std::ranges::find(mounts, overlay.mount_point.text, &MountedPlace::path);
  if (below == mounts.end()) return std::nullopt;
  return OverlayObstacle{
      .message = fmt::format("a filesystem and an overlay are to be mounted at {}: systemd would "
                             "mount one of them",
                             base::quoted(below->path)),
      .where = overlay.mount_point.where,
      .hint = "mount the filesystem elsewhere, and name directories of it in lowerDirs or upperDir",
      .mount = static_cast<std::size_t>(below - mounts.begin())};
}

std::optional<OverlayObstacle> find_read_only(const OverlayConfig& overlay,
                                              std::span<const MountedPlace> mounts) {
  const std::string& upper = overlay.upper_directory.text;
  auto mount = mount_of(upper, mounts);
  if (!mount) {
    const auto root = std::ranges::find(mounts, "/", &MountedPlace::path);
    if (root == mounts.end()) return std::nullopt;
    mount = static_cast<std::size_t>(root - mounts.begin());
  }
  if (!has_mount_option(mounts[*mount].options, "ro")) return std::nullopt;
  return OverlayObstacle{.message =
                             fmt::format("upperDir {} is on {}, which is mounted read-only",
                                         base::quoted(upper), base::quoted(mounts[*mount].path)),
                         .where = overlay.upper_directory.where,
                         .hint = "put upperDir and workDir on a filesystem that can be written",
                         .mount = mount};
}

} // namespace

std::optional<OverlayObstacle> find_overlay_obstacle(const OverlayConfig& overlay,
                                                     std::span<const MountedPlace> mounts) {
  if (auto obstacle = find_fleeting(overlay)) return obstacle;
  if (auto obstacle = find_late_mount(overlay, mounts)) return obstacle;
  const auto upper = mount_of(overlay.upper_directory.text, mounts);
  const auto work = mount_of(overlay.work_directory.text, mounts);
  if (upper == work) {
    if (auto obstacle = find_read_only(overlay, mounts)) return obstacle;
    return find_mount_below(overlay, mounts);
  }
  return OverlayObstacle{
      .message = fmt::format("upperDir {} and workDir {} are on two filesystems, and no kernel "
                             "mounts such an overlay",
                             base::quoted(overlay.upper_directory.text),
                             base::quoted(overlay.work_directory.text)),
      .where = overlay.work_directory.where,
      .hint = "put both on one partition",
      .mount = work ? work : upper};
}

} // namespace imagewright::model
