// SPDX-License-Identifier: MIT
#pragma once

// The system calls about owners, device nodes and metadata, and how each gives its arguments.

#include <cstdint>
#include <optional>
#include <span>

namespace imagewright::sandbox {

enum class CallKind : std::uint8_t { change_owner, make_node, status, extended_status };

/// What a call is about, in terms of the *at calls. Numbers of arguments, -1 where it has none.
struct CallShape {
  long number = -1;
  CallKind kind = CallKind::status;
  int directory = -1; ///< a descriptor; with no path: the file itself
  int path = -1;
  int first = -1;      ///< owner, mode, or where the status goes
  int second = -1;     ///< group, device number
  int flags = -1;      ///< AT_…
  int fixed_flags = 0; ///< AT_… that the call implies
};

std::span<const long> metadata_call_numbers();

/// Nothing for other calls.
std::optional<CallShape> find_call_shape(long number);

} // namespace imagewright::sandbox
