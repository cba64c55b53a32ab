// SPDX-License-Identifier: MIT
#pragma once

// How this process comes to act as root over the files of an image: the ladder of privilege.

#include <cstdint>
#include <string_view>

namespace imagewright::sandbox {

/// From the most that a host can give to the least. On each the same images come about.
enum class Rung : std::uint8_t {
  root,            ///< root that may make namespaces and mounts
  limited_root,    ///< root of a container, root of a user namespace of its own inside
  subordinate_ids, ///< a user who stands for many users inside a user namespace of the own
  single_id,       ///< a user who stands for root alone there; other owners are recorded
};

/// In words for people.
std::string_view to_string(Rung rung);

/// The rung on which this process would stand, or stands.
Rung find_rung();

/// Makes this process root: of the machine when it is that already, else of a user namespace of
/// its own, for the rest of its life. Whatever it then writes belongs to the ids that
/// the image says. The caller must not have other threads. Throws base::Error
/// (sandbox.cannot-enter).
void become_root();

} // namespace imagewright::sandbox
