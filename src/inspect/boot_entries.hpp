// SPDX-License-Identifier: MIT
#pragma once

// The ways to start a system that its boot loaders' files offer.

#include <string>
#include <vector>

#include <imagewright/inspect/system_facts.hpp>

namespace imagewright::inspect {

/// Unified kernel images, entries of the Boot Loader Specification, and GRUB's menu, in this order.
std::vector<BootEntry> read_boot_entries(const SystemView& view);

/// The paths of every program below EFI on the EFI system partition, sorted.
std::vector<std::string> find_efi_programs(const SystemView& view);

/// The entries of a grub.cfg that start Linux; `file` is where it stands.
std::vector<BootEntry> parse_grub_menu(std::string_view text, const std::string& file);

} // namespace imagewright::inspect
