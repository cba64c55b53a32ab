// SPDX-License-Identifier: MIT
#pragma once

// Whether a node will find the images that were put into it.

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include <imagewright/base/diagnostic.hpp>
#include <imagewright/model/container_image.hpp>
#include <imagewright/model/os_config.hpp>

namespace imagewright::container {

/// The files of a node, as far as they are known: before a build those of the config, afterwards
/// all.
struct NodeFiles {
  std::function<std::optional<std::string>(const std::string& path)> find_content;
  std::function<std::vector<std::string>(const std::string& directory)> list;
};

enum class StoreUse : std::uint8_t {
  written,   ///< images are in the store before the node starts
  taken_over ///< containerd takes them into whatever store it finds then
};

struct NodeFacts {
  std::span<const model::LockedContainerImage> images;
  std::span<const model::OverlayConfig> overlays;
  /// Mount points of partitions of the image itself: what is written below them is on them.
  std::vector<std::string> own_mount_points;
  std::vector<std::string> kernel_arguments;
  base::SourceLocation where; ///< of the config's first image
  StoreUse store = StoreUse::written;
};

/// The directory that containerd's configuration names, or its usual one.
std::string store_directory(const NodeFiles& files);

/// container.hidden-store, container.sandbox-image-missing, container.sandbox-image-not-pinned,
/// container.duplicate-name.
base::Diagnostics check_node(const NodeFacts& facts, const NodeFiles& files);

} // namespace imagewright::container
