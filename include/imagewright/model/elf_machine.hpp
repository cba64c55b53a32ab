// SPDX-License-Identifier: MIT
#pragma once

// The architecture of a program, by what its ELF header says.

#include <cstdint>

#include <imagewright/model/architecture.hpp>

namespace imagewright::model {

/// By e_machine (ELF specification, "ELF header"). Null for one that no images are composed for.
const Architecture* find_elf_machine(std::uint16_t machine);

} // namespace imagewright::model
