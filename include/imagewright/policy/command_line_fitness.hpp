// SPDX-License-Identifier: MIT
#pragma once

// Whether the kernel gets its command line as it is written.

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include <imagewright/base/diagnostic.hpp>
#include <imagewright/base/source_location.hpp>
#include <imagewright/model/architecture.hpp>
#include <imagewright/model/policy.hpp>

namespace imagewright::policy {

/// Through whose hands the words go.
struct CommandLineReader {
  const model::Architecture& architecture;
  bool is_grub = false;
  std::string loader;           ///< which puts something before the words; empty: none does
  std::size_t loader_bytes = 0; ///< how much at most
};

/// `boot_loader` is the word of a row of the table, or empty where nothing is put before the words.
CommandLineReader command_line_reader(const model::Architecture& architecture,
                                      std::string_view boot_loader);

/// Complains about words that the kernel or the boot loader would change: at the word's own place,
/// else at `fallback`.
void refuse_unfit_words(const CommandLineReader& reader,
                        const std::vector<model::KernelArgument>& arguments,
                        const base::SourceLocation& fallback, base::Diagnostics& diagnostics);

/// Complains about a line that is longer than what the kernel keeps of it, at the first word that
/// would be lost.
void refuse_long_line(const CommandLineReader& reader,
                      const std::vector<model::KernelArgument>& arguments,
                      const base::SourceLocation& fallback, base::Diagnostics& diagnostics);

} // namespace imagewright::policy
