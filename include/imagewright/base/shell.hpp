// SPDX-License-Identifier: MIT
#pragma once

// Words for shells to read: in completion scripts, scripts for guests, and commands that a person
// is to copy.

#include <span>
#include <string>
#include <string_view>

namespace imagewright::base {

/// In single quotes, whatever it holds: the shell takes it as one word, literally.
std::string shell_quoted(std::string_view text);
/// The same, but without quotes when it means nothing to a shell: for texts that people read.
/// GRUB's script language reads both as a shell does.
std::string shell_word(std::string_view text);
/// In double quotes, as files that people edit have it (/etc/default/grub); nothing in it is
/// expanded.
std::string shell_double_quoted(std::string_view text);
/// A command of several words.
std::string shell_command(std::span<const std::string> words);

} // namespace imagewright::base
