// SPDX-License-Identifier: MIT
#pragma once

// Words in the languages that GRUB's files are written in.

#include <string>
#include <string_view>
#include <vector>

namespace imagewright::finalize::boot_loaders {

/// A word that GRUB's script language takes literally.
std::string grub_word(const std::string& text);

/// A kernel command line as words of GRUB's script, one for each argument. Quotes that group are
/// left to GRUB, which puts its own around what has a blank.
std::string grub_arguments(const std::string& line);

/// The kernel's words in a text of GRUB's script. Words with variables of GRUB's, which are empty
/// in the first menu, are not among them.
std::vector<std::string> kernel_words_of_grub(std::string_view text);

/// A word of a shell, as /etc/default/grub is read by one.
std::string shell_word(const std::string& text);

} // namespace imagewright::finalize::boot_loaders
