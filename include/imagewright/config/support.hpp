// SPDX-License-Identifier: MIT
#pragma once

// What the language has but a command cannot do. Nothing that a config says is silently ignored.

#include <cstdint>

#include <imagewright/base/diagnostic.hpp>
#include <imagewright/model/image_config.hpp>

namespace imagewright::config {

/// The commands that act on a config.
enum class Command : std::uint8_t { build, customize };

/// An error (config.unsupported-key) for each key of the config that the command cannot honour, at
/// its line. The table behind it (src/config/support.cpp) is the one place to change when a command
/// learns more.
base::Diagnostics unsupported_keys(const model::ImageConfig& config, Command command);

} // namespace imagewright::config
