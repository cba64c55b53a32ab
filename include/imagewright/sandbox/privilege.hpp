// SPDX-License-Identifier: MIT
#pragma once

// How a build comes to act as root over the files of an image: the ladder of privilege.

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace imagewright::sandbox {

/// From the most that a host can give to the least. On each the same images come about.
enum class Rung : std::uint8_t {
  root,            ///< root that may make namespaces and mounts
  limited_root,    ///< root of a container, root of a user namespace of its own inside
  subordinate_ids, ///< a user who stands for many users inside a user namespace of the own
  single_id,       ///< a user who stands for root alone there; other owners are recorded
  machine,         ///< any user at all: root of a kernel of its own, in a process of this host
};

/// What there is to know of a rung. Texts are for people.
struct RungRow {
  Rung rung = Rung::root;
  std::string_view name;   ///< as `--rung` takes it: "single-id"
  std::string_view words;  ///< who composes: "an ordinary user with subordinate ids"
  std::string_view needs;  ///< of the place
  std::string_view enters; ///< how programs of the image are shut in
  std::string_view owners; ///< how owners and devices are kept
  std::string_view guards; ///< what an escape from that would reach
};

/// Every rung, in the order in which they are tried.
std::span<const RungRow> all_rungs();
const RungRow& row_of(Rung rung);
/// By name; nothing when there is none.
std::optional<Rung> find_rung(std::string_view name);

/// The rung below the machine on which this process would stand, or stands, if the host lets it.
Rung own_rung();

/// Why this process cannot stand on a rung, and what would change that; the latter may be empty.
struct RungObstacle {
  std::string what;
  std::string remedy;
};

/// What is against a rung below the machine, as far as it is this process's own doing; nothing:
/// trying will tell.
std::optional<RungObstacle> obstacle_on(Rung rung);

/// Makes this process root: of the machine when it is that already, else of a user namespace of
/// its own, for the rest of its life. Whatever it then writes belongs to the ids that
/// the image says. The caller must not have other threads. Throws base::Error
/// (sandbox.cannot-enter). On the rung of the machine nothing is done.
void become_root(Rung rung);

} // namespace imagewright::sandbox
