// SPDX-License-Identifier: MIT
#pragma once

// Which ids of the host stand for the ids inside.

#include <cstdint>
#include <optional>
#include <string>

#include <sys/types.h>

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

/// Maps the ids of a child that has just made its user namespace: for root each id to itself; for
/// others 0 to the caller and the rest to the caller's subordinate ids. Throws base::Error
/// (sandbox.no-subordinate-ids).
void map_ids(pid_t child);

/// Whether map_ids would find ranges and programs.
bool has_subordinate_ids();

} // namespace imagewright::sandbox
