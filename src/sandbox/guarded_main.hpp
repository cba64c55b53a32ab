// SPDX-License-Identifier: MIT
#pragma once

// The beginning of a guarded program.

#include <optional>
#include <string>

namespace imagewright::sandbox {

/// The program that this process was started to be (guarded_program.hpp); nothing: it was not.
std::optional<std::string> guarded_program_of(int argument_count, char** arguments);

/// Becomes that program. Gives up with an exit status.
[[noreturn]] void become_guarded(const std::string& program, char** arguments);

} // namespace imagewright::sandbox
