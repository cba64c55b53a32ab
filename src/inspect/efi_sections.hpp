// SPDX-License-Identifier: MIT
#pragma once

// Sections of EFI programs: a unified kernel image keeps its command line in one.

#include <optional>
#include <string>
#include <string_view>

namespace imagewright::inspect {

/// The section's bytes, without padding; nothing when the program has none of that name or is
/// damaged.
std::optional<std::string> find_efi_section(std::string_view program, std::string_view name);

} // namespace imagewright::inspect
