// SPDX-License-Identifier: MIT
#pragma once

// The image in a registry that a config starts from.

#include <optional>

#include <imagewright/model/output_config.hpp>

namespace imagewright::config {

/// What `input.image` says of a registry: `oci` as it stands, `azureLinux` as the reference that
/// the language has it stand for; nothing: it says nothing of one.
std::optional<model::OciImage> base_reference(const model::InputConfig& input);

} // namespace imagewright::config
