// SPDX-License-Identifier: MIT
#pragma once

// A config as an image remembers it that was made with it.

#include <filesystem>

#include <imagewright/json/value.hpp>

namespace imagewright::config {

/// The config file's own text as JSON, without secrets (passwords, keys of SSH) and with the digest
/// of every file that it names. Throws base::Error (fs.cannot-read); the config must have been
/// loaded without mistakes before.
json::Value history_of(const std::filesystem::path& config);

} // namespace imagewright::config
