// SPDX-License-Identifier: MIT
#pragma once

// A lock as text: the same text for the same lock, one package a line, so that a change is a
// readable diff.

#include <filesystem>
#include <string>
#include <string_view>

#include <imagewright/model/lock.hpp>

namespace imagewright::lock {

/// "configs/node.lock.json" for "configs/node.yaml".
std::filesystem::path lock_path_of(const std::filesystem::path& config);

/// Sorted, whatever the order in the value.
std::string to_text(const model::Lock& lock);

/// Reads what to_text() writes, in any layout. `file` is for messages. Throws base::Error (an input
/// failure): lock.damaged when it is not a lock, lock.unknown-format when a newer program wrote it.
model::Lock parse(std::string_view text, const std::string& file);

} // namespace imagewright::lock
