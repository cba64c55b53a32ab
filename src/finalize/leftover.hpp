// SPDX-License-Identifier: MIT
#pragma once

#include <span>
#include <string_view>

#include <imagewright/fs/root_dir.hpp>

namespace imagewright::finalize {

/// What the making of an image leaves behind: different on every run, and of no use to a node.
std::span<const std::string_view> leftovers();

/// Removes a file that programs wrote to while the image was made; absence is fine. A link that
/// stands there is a package's: it stays, and the file that it leads to goes.
void remove_written_file(const fs::RootDir& files, std::string_view path);

} // namespace imagewright::finalize
