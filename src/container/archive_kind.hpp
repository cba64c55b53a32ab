// SPDX-License-Identifier: MIT
#pragma once

// What a file is that was given as an archive of images, and cannot be one.

#include <cstddef>
#include <optional>
#include <span>
#include <string>

namespace imagewright::container {

struct OtherKind {
  std::string words; ///< "a ZIP archive"
  std::string hint;
};

/// By the file's first bytes (512 are enough); nothing when it may be a tar archive, compressed or
/// not.
std::optional<OtherKind> find_other_kind(std::span<const std::byte> head);

} // namespace imagewright::container
