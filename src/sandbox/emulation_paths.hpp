// SPDX-License-Identifier: MIT
#pragma once

// What the interpreter of foreign programs finds inside a sandbox. Needs no library: the
// interpreter is a program of its own.

namespace imagewright::sandbox {

inline constexpr const char* k_emulation_directory = "/run/imagewright/emulation";
inline constexpr const char* k_emulator_file = "emulator";
inline constexpr const char* k_starts_file = "starts";
inline constexpr const char* k_programs_file = "programs";
inline constexpr const char* k_native_directory = "native";

} // namespace imagewright::sandbox
