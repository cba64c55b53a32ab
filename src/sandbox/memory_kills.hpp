// SPDX-License-Identifier: MIT
#pragma once

// Whether the kernel ended processes for want of memory: said when it was so, and only then.

#include <cstdint>
#include <optional>
#include <string>

namespace imagewright::sandbox {

/// How many the kernel has ended so far, on the whole machine and in every control group; nothing
/// when it does not tell.
std::optional<std::uint64_t> count_memory_kills();

/// What to do about a process that was killed, given the count of when it was started.
std::string hint_about_kill(std::optional<std::uint64_t> count_before);

} // namespace imagewright::sandbox
