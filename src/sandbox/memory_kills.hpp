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

/// Throws base::Error about processes that were killed (SIGKILL), given the count of when they were
/// started: sandbox.out-of-memory when the kernel ended some since, otherwise with `code`. What to
/// do is the hint.
[[noreturn]] void throw_killed(std::string code, std::string message,
                               std::optional<std::uint64_t> count_before);

} // namespace imagewright::sandbox
