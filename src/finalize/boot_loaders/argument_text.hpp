// SPDX-License-Identifier: MIT
#pragma once

// Kernel arguments inside files that people wrote: only the letters of an argument that changes
// change.

#include <optional>
#include <string>
#include <string_view>

#include <imagewright/finalize/plan.hpp>

namespace imagewright::finalize::boot_loaders {

/// In which language a text stands.
enum class ArgumentLanguage : std::uint8_t {
  grub,  ///< GRUB's script: quotes as in a shell, and variables
  plain, ///< as the kernel reads it; "$x" is a variable of the boot loader
};

struct ArgumentEdit {
  std::vector<std::string> removed; ///< names, each perhaps with the one value that is meant
  std::vector<std::string> added;   ///< words as the kernel shall see them
};

/// A list of arguments with that edit. Names are compared up to "=". New words take the place of
/// the last one that was removed, else they stand before "$kernelopts" or "--", else at the end. A
/// word with a variable is of unknown value and left alone, as is what stands behind "--".
std::string edited_arguments(std::string_view arguments, const ArgumentEdit& edit,
                             ArgumentLanguage language);

/// A menu of GRUB with every line edited that starts Linux; nothing when it has none.
std::optional<std::string> edited_menu(std::string_view menu, const CommandLineChange& change);

/// An entry of the Boot Loader Specification with its options edited; nothing when it starts no
/// kernel.
std::optional<std::string> edited_entry(std::string_view entry, const CommandLineChange& change);

/// To which variable of a file of settings new words come.
struct AddedWords {
  bool lasting = true; ///< GRUB_CMDLINE_LINUX
  bool usual = true;   ///< GRUB_CMDLINE_LINUX_DEFAULT
};

/// /etc/default/grub, or a file that is read with it, which say with what arguments the next menu
/// is made. Words go from every assignment.
std::string edited_defaults(std::string_view defaults, const CommandLineChange& change,
                            const AddedWords& added = {});

/// Which of the variables the file sets without regard to what they were.
AddedWords variables_set_anew(std::string_view settings);

/// /etc/kernel/cmdline, which says the same for kernel-install.
std::string edited_line(std::string_view line, const CommandLineChange& change);

} // namespace imagewright::finalize::boot_loaders
