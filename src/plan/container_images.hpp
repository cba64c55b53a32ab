// SPDX-License-Identifier: MIT
#pragma once

// What a config puts into containerd's store: found, checked, and sure to be seen by the node.

#include <vector>

#include <imagewright/base/diagnostic.hpp>
#include <imagewright/model/architecture.hpp>
#include <imagewright/model/container_image.hpp>
#include <imagewright/model/image_config.hpp>
#include <imagewright/model/layout.hpp>
#include <imagewright/model/lock.hpp>
#include <imagewright/model/policy.hpp>

namespace imagewright::plan {

/// Of a registry's images those are known that the lock has by the digest that the config names.
struct KnownImages {
  const model::Architecture& architecture;
  const model::ArchitectureLock* lock = nullptr; ///< may be null
};

/// Reads every byte of the images' sources on this host. What is wrong with them, or would hide
/// them from the node, is added to `mistakes` (container.…). Gives fewer images than the config has
/// when a registry's is not known; nothing is fetched.
std::vector<model::LockedContainerImage> examine_container_images(const model::ImageConfig& config,
                                                                  const KnownImages& known,
                                                                  const model::DiskLayout& layout,
                                                                  const model::SystemPolicy& policy,
                                                                  base::Diagnostics& mistakes);

/// Whether the node finds the images, as far as the config tells (container.…).
base::Diagnostics check_images_of_node(const model::ImageConfig& config,
                                       const std::vector<model::LockedContainerImage>& images,
                                       const model::DiskLayout& layout,
                                       const model::SystemPolicy& policy);

/// What the lock knows of a registry's image; null: nothing, or the config wants it otherwise.
const model::LockedContainerImage* find_known(const model::ContainerImageConfig& wanted,
                                              const model::ArchitectureLock* lock);

} // namespace imagewright::plan
