// SPDX-License-Identifier: MIT
#pragma once

// What files hold: those of the config's choice, and large ones of the root.

#include <string>

#include <imagewright/fs/root_dir.hpp>
#include <imagewright/model/os_config.hpp>

namespace imagewright::finalize {

/// The text of a file that the config wants to be added.
std::string content_of(const model::FileContent& content);

/// A whole file of the root; kernels and initramfs have no sensible limit.
std::string read_large(const fs::RootDir& files, const std::string& path);

} // namespace imagewright::finalize
