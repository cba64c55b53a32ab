// SPDX-License-Identifier: MIT
#pragma once

// What grub-mkimage has put into a GRUB for EFI.

#include <optional>
#include <string>

#include "efi_program.hpp"

namespace imagewright::measure {

struct GrubProgram {
  std::string prefix;                 ///< "/EFI/debian": where its configuration is
  std::string configuration;          ///< executed before anything else; empty: none
  std::optional<std::string> memdisk; ///< the bytes of a disk in it
};

/// Nothing where the program has no table of modules, or a damaged one.
std::optional<GrubProgram> grub_program_in(const EfiProgram& program);

} // namespace imagewright::measure
