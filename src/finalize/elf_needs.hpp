// SPDX-License-Identifier: MIT
#pragma once

// What a program or library needs of others before it can run.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace imagewright::finalize {

struct ElfNeeds {
  std::string interpreter;            ///< an absolute path; empty: none
  std::vector<std::string> libraries; ///< their names, in the file's order

  bool operator==(const ElfNeeds&) const = default;
};

/// Nothing for what is no ELF file of 64 bits and little end, or no loadable one (as kernel modules
/// are none), or whose tables lead nowhere: the kernel would not run that either.
std::optional<ElfNeeds> find_elf_needs(std::string_view content);

} // namespace imagewright::finalize
