// SPDX-License-Identifier: MIT
#include "overlay_mounts.hpp"

#include <algorithm>
#include <set>
#include <utility>

#include <imagewright/base/diagnostic.hpp>
#include <imagewright/base/error.hpp>
#include <imagewright/base/paths.hpp>
#include <imagewright/base/text.hpp>

namespace imagewright::finalize {

namespace {

bool has_option(const MountLine& mount, const std::string& option) {
  return std::ranges::find(mount.options, option) != mount.options.end();
}

class OverlayMounts {
public:
  explicit OverlayMounts(const std::vector<MountLine>& mounts) : mounts_(mounts) {}

  void check(const model::OverlayConfig& overlay) {
    check_mount_point(overlay);
    check_apart(overlay);
    if (overlay.stage == model::OverlayStage::initrd) check_early(overlay);
  }

  base::Diagnostics take() { return std::move(mistakes_); }

private:
  /// The mount on which a path lies, but for overlays; none where it is that of "/".
  const MountLine* mount_of(const std::string& path) const {
    const MountLine* found = nullptr;
    for (const MountLine& mount : mounts_) {
      if (mount.type == "overlay" || mount.path == "/" || !mount.path.starts_with('/')) continue;
      if (!base::is_at_or_below(path, mount.path)) continue;
      if (found == nullptr || found->path.size() < mount.path.size()) found = &mount;
    }
    return found;
  }

  const MountLine* root() const {
    const auto found = std::ranges::find(mounts_, "/", &MountLine::path);
    return found == mounts_.end() ? nullptr : &*found;
  }

  /// systemd takes one line for a place; the others it does not read.
  void check_mount_point(const model::OverlayConfig& overlay) {
    for (const MountLine& mount : mounts_) {
      if (mount.type == "overlay" || mount.path != overlay.mount_point.text) continue;
      mistakes_.error("finalize.overlay-over-mount",
                      "an overlay is to be mounted at " + base::quoted(mount.path) +
                          ", where a filesystem is mounted already: only one of them would be",
                      overlay.mount_point.where,
                      "mount the filesystem somewhere else, and name that place in lowerDirs");
      return;
    }
  }

  void check_apart(const model::OverlayConfig& overlay) {
    const MountLine* upper = mount_of(overlay.upper_directory.text);
    const MountLine* work = mount_of(overlay.work_directory.text);
    if (upper != work) {
      mistakes_.error("finalize.overlay-apart",
                      "the upperDir " + base::quoted(overlay.upper_directory.text) +
                          " and the workDir " + base::quoted(overlay.work_directory.text) +
                          " lie on two filesystems, which the kernel refuses",
                      overlay.work_directory.where, "put both on the same one");
      return;
    }
    if (upper == nullptr) upper = root();
    if (upper != nullptr && has_option(*upper, "ro")) {
      mistakes_.error("finalize.overlay-read-only",
                      "the upperDir " + base::quoted(overlay.upper_directory.text) +
                          " lies on the filesystem at " + base::quoted(upper->path) +
                          ", which is mounted read-only",
                      overlay.upper_directory.where, "put it on a filesystem that can be written");
    }
  }

  void check_early(const model::OverlayConfig& overlay) {
    std::vector<std::string> needed = overlay.lower_directories;
    needed.push_back(overlay.upper_directory.text);
    needed.push_back(overlay.work_directory.text);
    needed.insert(needed.end(), overlay.mount_dependencies.begin(),
                  overlay.mount_dependencies.end());
    std::set<std::string> told;
    for (const std::string& path : needed) {
      const MountLine* mount = mount_of(path);
      // The initramfs mounts /usr of itself (systemd-fstab-generator(8)).
      if (mount == nullptr || mount->path == "/usr" || has_option(*mount, "x-initrd.mount"))
        continue;
      if (!told.insert(mount->path).second) continue;
      mistakes_.error(
          "finalize.overlay-too-early",
          "the overlay at " + base::quoted(overlay.mount_point.text) +
              " is mounted in the initramfs, and needs " + base::quoted(path) +
              " of the filesystem at " + base::quoted(mount->path) + ", which is mounted later",
          overlay.mount_point.where, "add x-initrd.mount to the mount options of " + mount->path);
    }
  }

  const std::vector<MountLine>& mounts_;
  base::Diagnostics mistakes_;
};

} // namespace

void require_usable_overlays(const std::vector<model::OverlayConfig>& overlays,
                             const std::vector<MountLine>& mounts) {
  OverlayMounts check(mounts);
  for (const model::OverlayConfig& overlay : overlays)
    check.check(overlay);
  base::Diagnostics mistakes = check.take();
  if (mistakes.has_errors()) throw base::InputError(std::move(mistakes));
}

} // namespace imagewright::finalize
