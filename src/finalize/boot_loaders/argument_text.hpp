// SPDX-License-Identifier: MIT
#pragma once

// Kernel arguments inside files that people wrote: only the letters of an argument that changes
// change.

#include <optional>
#include <set>
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

/// Names of the variables that are words of their own where the text starts a kernel, in a menu of
/// GRUB or in an entry: the loader puts in their place what they hold.
std::set<std::string> variables_in_menu(std::string_view menu);
std::set<std::string> variables_in_entry(std::string_view entry);

/// A menu in which the values that it gives these variables have lost what goes. New words stand
/// where the variables are used.
std::string without_dropped(std::string_view menu, const std::set<std::string>& variables,
                            const CommandLineChange& change);

/// The same for a block of GRUB's environment (GRUB manual, "The GRUB environment block"), whose
/// size stays; nothing when it is none.
std::optional<std::string> edited_environment(std::string_view block,
                                              const std::set<std::string>& variables,
                                              const CommandLineChange& change);

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
