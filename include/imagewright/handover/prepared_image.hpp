// SPDX-License-Identifier: MIT
#pragma once

// A config as what AKS takes to prepare the images of its own nodes: a list of container images and
// a script.

#include <string>

#include <imagewright/base/diagnostic.hpp>
#include <imagewright/model/image_config.hpp>
#include <imagewright/model/lock.hpp>

namespace imagewright::handover {

struct PreparedImageRequest {
  std::string name;     ///< of the resource; empty: the config's
  std::string location; ///< a region of Azure
  std::string version;  ///< of the specification; empty: from its content
  std::string identity; ///< the resource id of the identity that does it; empty: the pool's
};

struct PreparedImage {
  std::string text;           ///< a template for `az deployment group create`
  base::Diagnostics left_out; ///< what the config says and AKS has no place for, as warnings
};

/// Packages are pinned as `lock` has them. Throws base::Error (handover.bad-text, fs.cannot-read).
PreparedImage prepared_image(const model::ImageConfig& config, const model::ArchitectureLock& lock,
                             const PreparedImageRequest& request);

} // namespace imagewright::handover
