// SPDX-License-Identifier: MIT
#pragma once

// KEY=VALUE files of the kind that a shell could read: os-release, locale.conf,
// /etc/selinux/config.

#include <optional>
#include <string>
#include <string_view>

namespace imagewright::finalize {

/// The value of the last line that sets `key`, without its quotes.
std::optional<std::string> find_value(std::string_view text, std::string_view key);

/// The text with `key` set to exactly `value`: its first line is replaced, further ones are
/// dropped, and a line is added when there was none. Comments and other lines stay.
std::string with_value(std::string_view text, std::string_view key, std::string_view value);

} // namespace imagewright::finalize
