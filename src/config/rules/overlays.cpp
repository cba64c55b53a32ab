// SPDX-License-Identifier: MIT
#include <map>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include <imagewright/base/text.hpp>
#include <imagewright/model/overlay_places.hpp>

#include "config/rules/rules.hpp"

namespace imagewright::config {

namespace {

bool is_inside(const std::string& inner, const std::string& outer) {
  return inner.starts_with(outer) &&
         (inner.size() == outer.size() || outer == "/" || inner[outer.size()] == '/');
}

class OverlayRules {
public:
  base::Diagnostics check(const std::vector<model::OverlayConfig>& overlays) {
    for (const model::OverlayConfig& overlay : overlays) {
      if (overlay.lower_directories.empty()) {
        diagnostics_.error("config.missing-key", "an overlay needs the key \"lowerDirs\"",
                           overlay.where, "add at least one directory");
      }
      note(mount_points_, overlay.mount_point, "mountPoint");
      note(upper_directories_, overlay.upper_directory, "upperDir");
      note(work_directories_, overlay.work_directory, "workDir");
      check_apart(overlay);
    }
    return diagnostics_;
  }

private:
  using Known = std::map<std::string, base::SourceLocation>;

  void note(Known& known, const model::LocatedText& path, const std::string& key) {
    const auto [first, is_new] = known.emplace(path.text, path.where);
    if (is_new) return;
    diagnostics_.add(
        {.code = "config.duplicate-name",
         .message = fmt::format("two overlays have the {} {}", key, base::quoted(path.text)),
         .where = path.where,
         .related = {{first->second, "the first one stands here"}},
         .hint = "give each overlay its own"});
  }

  void check_apart(const model::OverlayConfig& overlay) {
    const std::string& upper = overlay.upper_directory.text;
    const std::string& work = overlay.work_directory.text;
    if (!is_inside(upper, work) && !is_inside(work, upper)) return;
    diagnostics_.add({.code = "config.conflict",
                      .message = fmt::format("upperDir {} and workDir {} stand inside each other",
                                             base::quoted(upper), base::quoted(work)),
                      .where = overlay.work_directory.where,
                      .related = {{overlay.upper_directory.where, "upperDir stands here"}},
                      .hint = "use two directories beside each other on one filesystem"});
  }

  base::Diagnostics diagnostics_;
  Known mount_points_;
  Known upper_directories_;
  Known work_directories_;
};

} // namespace

base::Diagnostics check_overlays(const model::OsConfig& os) {
  return OverlayRules().check(os.overlays);
}

base::Diagnostics check_overlay_places(const model::ImageConfig& config) {
  base::Diagnostics diagnostics;
  const auto mounts = mounts_of(config.storage);
  std::vector<model::MountedPlace> places;
  for (const model::MountPointConfig* mount : mounts)
    places.push_back({.path = mount->path, .options = mount->options});
  for (const model::OverlayConfig& overlay : config.os.overlays) {
    if (const auto obstacle = model::find_overlay_obstacle(overlay, places)) {
      std::vector<base::RelatedLocation> related;
      if (obstacle->mount)
        related.push_back({mounts[*obstacle->mount]->where, "it is mounted here"});
      diagnostics.add({.code = "config.conflict",
                       .message = obstacle->message,
                       .where = overlay.upper_directory.where,
                       .related = std::move(related),
                       .hint = obstacle->hint});
    }
    for (const model::MountPointConfig* mount : mounts) {
      if (mount->path != overlay.mount_point.text) continue;
      diagnostics.add(
          {.code = "config.conflict",
           .message = fmt::format("a filesystem and an overlay are to be mounted at {}: "
                                  "systemd would mount the first alone",
                                  base::quoted(mount->path)),
           .where = overlay.mount_point.where,
           .related = {{mount->where, "the filesystem is mounted here"}},
           .hint = "mount the filesystem elsewhere, and name directories of it in "
                   "lowerDirs or upperDir"});
    }
  }
  return diagnostics;
}

} // namespace imagewright::config
