// SPDX-License-Identifier: MIT
#pragma once

// What is said of an ext4 filesystem that contradicts itself.

#include <string_view>

#include <fmt/format.h>

#include <imagewright/base/error.hpp>

namespace imagewright::disk {

[[noreturn]] inline void throw_corrupt_ext4(std::string_view what) {
  throw base::Error(base::FailureKind::verification, "disk.corrupt-filesystem",
                    fmt::format("the ext4 filesystem is damaged: {}", what),
                    "run \"e2fsck -fn\" on it, and copy or make the image again");
}

} // namespace imagewright::disk
