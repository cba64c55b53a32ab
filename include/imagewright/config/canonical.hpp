// SPDX-License-Identifier: MIT
#pragma once

// A config as it was understood: one file that says what a config and all that it builds on say.

#include <cstdint>
#include <string>

#include <imagewright/model/image_config.hpp>

namespace imagewright::config {

/// Whether passwords and their hashes stand in the text, or "********" in their place.
enum class Secrets : std::uint8_t { masked, shown };

/// The config as YAML for a file in its own directory: base configs and package lists merged in,
/// current spellings, one form for each value, keys in the order of the reference. The text is a
/// valid config that reads to the same value. Comments at its top say what a single file cannot
/// say: scripts of a base config outside of this directory, and masked passwords.
std::string canonical_text(const model::ImageConfig& config, Secrets secrets = Secrets::masked);

} // namespace imagewright::config
