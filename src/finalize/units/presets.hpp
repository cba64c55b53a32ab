// SPDX-License-Identifier: MIT
#pragma once

// What a first boot makes of units: systemd(1) applies presets then, whatever links there are.

#include <cstdint>
#include <map>
#include <string>

#include <imagewright/fs/root_dir.hpp>

namespace imagewright::finalize::units {

enum class Preset : std::uint8_t { enable, disable };

/// Whether the next boot of the root is a first one (machine-id(5)).
bool boots_first(const fs::RootDir& root);

/// Says it of these units before every other preset does. What the file says of others stays.
void write_presets(const fs::RootDir& root, const std::map<std::string, Preset>& presets);

} // namespace imagewright::finalize::units
