// SPDX-License-Identifier: MIT
#pragma once

// Whether an overlay can be mounted when the system starts, by what else is mounted.

#include <cstddef>
#include <optional>
#include <span>
#include <string>

#include <imagewright/model/os_config.hpp>

namespace imagewright::model {

/// A filesystem that is mounted by /etc/fstab.
struct MountedPlace {
  std::string path;
  std::string options; ///< of mount(8), separated by commas
};

struct OverlayObstacle {
  std::string message;
  std::string hint;
  std::optional<std::size_t> mount; ///< of the places that were given, the one that is in the way
};

/// What keeps the overlay from being mounted, or takes its changes away: directories that are
/// covered or empty when the system starts; upperDir and workDir on two filesystems, which the
/// kernel refuses (Documentation/filesystems/overlayfs.rst); one that the initramfs mounts before
/// what it lies on. "/" and /usr are there by then (bootup(7)). Nothing: as far as these places
/// tell, it works.
std::optional<OverlayObstacle> find_overlay_obstacle(const OverlayConfig& overlay,
                                                     std::span<const MountedPlace> mounts);

} // namespace imagewright::model
