// SPDX-License-Identifier: MIT
#pragma once

// URLs in messages and files: without what must not be seen there.

#include <string>
#include <string_view>

namespace imagewright::base {

/// The text with the user name and password of every URL in it removed ("https://user:word@host/"
/// becomes "https://host/").
std::string without_secrets(std::string_view text);

} // namespace imagewright::base
