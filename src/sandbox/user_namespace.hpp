// SPDX-License-Identifier: MIT
#pragma once

// Which ids of the host stand for the ids inside.

#include <cstdint>
#include <optional>
#include <string>

#include <sys/types.h>

#include <imagewright/sandbox/privilege.hpp>

namespace imagewright::sandbox {

/// A range of ids that /etc/subuid or /etc/subgid gives to a user.
struct SubordinateRange {
  std::uint64_t start = 0;
  std::uint64_t count = 0;

  bool operator==(const SubordinateRange&) const = default;
};

/// The first range of at least 65536 ids for a user, given by name and number, in the text of such
/// a file.
std::optional<SubordinateRange> find_subordinate_range(const std::string& text,
                                                       const std::string& user_name, uid_t user_id);

/// Whether an own user namespace is needed at all.
bool is_root();

/// Whether this process may make namespaces and mounts without a user namespace of its own. Root of
/// a container usually may not.
bool may_administrate();

/// Whether some ids or rights of the machine are out of reach, even for root. Throws base::Error
/// where /proc does not tell.
bool is_in_user_namespace();

/// How many ids of this process are mapped.
enum class IdMaps : std::uint8_t {
  many, ///< as many as can be had
  one,  ///< root inside for the caller, and no other
};

/// Maps the ids of a child that has just made its user namespace: for who may
/// act as every user each id that this process has to itself; for others 0 to the caller and the
/// rest to the caller's subordinate ids, or to nobody when there are none. Throws base::Error.
void map_ids(pid_t child, IdMaps maps);

/// Makes a user namespace and becomes its root, with ids that answer_id_maps gives at the other end
/// of the channel. Throws base::Error.
void enter_own_user_namespace(int channel);

/// Maps the ids of a process that is in enter_own_user_namespace, or throws why that failed.
void answer_id_maps(int channel, pid_t process, IdMaps maps);

/// Whether map_ids would find ranges and programs.
bool has_subordinate_ids();

/// What it lacks for that, with the commands that give it; nothing when it lacks nothing.
std::optional<RungObstacle> find_subordinate_obstacle();

} // namespace imagewright::sandbox
