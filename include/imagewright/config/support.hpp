// SPDX-License-Identifier: MIT
#pragma once

// What the language has but a command cannot do. Nothing that a config says is silently ignored.

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include <imagewright/base/diagnostic.hpp>
#include <imagewright/model/image_config.hpp>

namespace imagewright::config {

/// The commands that act on a config.
enum class Command : std::uint8_t { build, customize };

/// An error (config.unsupported-key) for each key of the config that the command cannot honour, at
/// its line. The table behind it (src/config/support.cpp) is the one place to change when a command
/// learns more.
base::Diagnostics unsupported_keys(const model::ImageConfig& config, Command command);

/// A warning (config.small-fat) for each filesystem of the type fat32 whose partition is too small
/// for FAT32, so that it becomes FAT16 or FAT12.
base::Diagnostics small_fat_filesystems(const model::StorageConfig& storage);

/// Why a command cannot honour a key.
enum class UnsupportedReason : std::uint8_t {
  needs_base_image, ///< has a meaning only for an image that exists already
  not_built_yet,    ///< the command does not do it
};

/// A key of the language that a command cannot honour, in some or in all cases.
struct UnsupportedKey {
  std::string_view key;
  UnsupportedReason reason = UnsupportedReason::not_built_yet;
};

/// All keys that the command cannot honour, in the order of the language.
std::vector<UnsupportedKey> unsupported_keys(Command command);

/// The keys that customizing honours, sorted, without marks of lists: "os.users.name".
std::span<const std::string_view> honoured_by_customizing();
/// The keys that it refuses, sorted; each stands for everything below it. Together the two have
/// every key of the language.
std::span<const std::string_view> refused_by_customizing();

} // namespace imagewright::config
