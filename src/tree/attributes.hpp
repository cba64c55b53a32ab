// SPDX-License-Identifier: MIT
#pragma once

// Extended attributes as the host stores them, reduced to those that belong into an image.

#include <string>
#include <string_view>
#include <vector>

#include <imagewright/tree/root_tree.hpp>

namespace imagewright::tree {

/// Is the attribute part of the file, and not of the host that stores it?
bool belongs_to_image(std::string_view name);

/// A value of security.capability without the user namespace that it may be bound to. Other values
/// stay as they are.
std::string without_namespace(std::string capability);

/// The attributes of `host_path` itself (no link followed) that belong to an image, sorted by name.
/// `shown` is for messages. Throws base::Error (tree.cannot-read).
std::vector<ExtendedAttribute> read_attributes(const std::string& host_path,
                                               const std::string& shown);

} // namespace imagewright::tree
