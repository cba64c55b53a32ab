// SPDX-License-Identifier: MIT
#pragma once

// Whether the mounts of a system let its overlays be mounted: otherwise it does not start.

#include <string>
#include <vector>

#include <imagewright/model/os_config.hpp>

namespace imagewright::finalize {

/// What a line of /etc/fstab mounts.
struct MountLine {
  std::string path;
  std::string type;
  std::vector<std::string> options;
};

/// `mounts` are those of the finished system, with the overlays. Throws base::InputError with every
/// mistake: finalize.overlay-over-mount, finalize.overlay-apart, finalize.overlay-too-early,
/// finalize.overlay-read-only.
void require_usable_overlays(const std::vector<model::OverlayConfig>& overlays,
                             const std::vector<MountLine>& mounts);

} // namespace imagewright::finalize
