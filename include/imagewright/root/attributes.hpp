// SPDX-License-Identifier: MIT
#pragma once

// Extended attributes as the host stores them, reduced to those that belong into an image.

#include <compare>
#include <string>
#include <string_view>
#include <vector>

namespace imagewright::root {

/// "security.capability", "user.comment", …, with the value as the kernel gives it.
struct ExtendedAttribute {
  std::string name;
  std::string value;

  auto operator<=>(const ExtendedAttribute&) const = default;
};

/// Is the attribute part of the file, and not of the host that stores it?
bool belongs_to_image(std::string_view name);

/// A value of security.capability without the user namespace that it may be bound to. Other values
/// stay as they are.
std::string without_namespace(std::string capability);

/// The attributes of `host_path` itself (no link followed) that belong to an image, sorted by name.
/// `shown` is for messages. Throws base::Error (root.cannot-examine).
std::vector<ExtendedAttribute> read_attributes(const std::string& host_path,
                                               const std::string& shown);

} // namespace imagewright::root
