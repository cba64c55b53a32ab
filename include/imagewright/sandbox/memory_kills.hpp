// SPDX-License-Identifier: MIT
#pragma once

// Whether the kernel ended processes for want of memory: said when it was so, and only then.

#include <cstdint>
#include <optional>
#include <string>

#include <imagewright/base/diagnostic.hpp>

namespace imagewright::sandbox {

/// How many the kernel has ended so far, on the whole machine and in every control group; nothing
/// when it does not tell.
std::optional<std::uint64_t> count_memory_kills();

/// What to say of a process that was killed (SIGKILL), given the count of when it was started:
/// sandbox.out-of-memory, and what to do, when the kernel ended some since. Nothing otherwise.
std::optional<base::Diagnostic> find_memory_kill(std::string message,
                                                 std::optional<std::uint64_t> count_before);

/// Throws base::Error about processes that were killed (SIGKILL), given the count of when they were
/// started: find_memory_kill()'s, or with `code` and a hint.
[[noreturn]] void throw_killed(std::string code, std::string message,
                               std::optional<std::uint64_t> count_before);

} // namespace imagewright::sandbox
