// SPDX-License-Identifier: MIT
#pragma once

// KEY=VALUE files of the kind that a shell could read: os-release, locale.conf,
// /etc/selinux/config, /etc/default/grub.

#include <optional>
#include <string>
#include <string_view>

namespace imagewright::base {

/// What the variable `key` holds after a shell has read `text`: the last assignment wins, quotes
/// and backslashes are gone (POSIX.1-2017, Shell Command Language, 2.2), and a blank outside of
/// quotes ends the value. Nothing is expanded: "$X" stays as it is. A quote that is never closed is
/// taken as it stands, for this line alone. Nothing when no line sets the key.
std::optional<std::string> find_value(std::string_view text, std::string_view key);

/// The text with `key` set to exactly `value`, which the caller has quoted when it needs that: the
/// first assignment is replaced, further ones are dropped, and a line is added when there was none.
/// Comments and other lines stay.
std::string with_value(std::string_view text, std::string_view key, std::string_view value);

} // namespace imagewright::base
