// SPDX-License-Identifier: MIT
#pragma once

// Where in a config secrets stand, or are put by mistake.

#include <string_view>

#include "config/language/type.hpp"

namespace imagewright::config {

/// Whether a secret may stand in such a value, or so many levels below it.
bool may_hold_secret(const Type& type, int levels);

/// Whether the value of a key that the mapping does not have may be a secret.
bool may_be_secret(const Type& mapping, std::string_view unknown_key);

/// A key that the mapping does not have, as messages may show it. "password:word" is one to YAML,
/// as no blank follows the colon: then it ends with the colon.
std::string_view visible_part(const Type& mapping, std::string_view unknown_key);

/// Whether its value is an address, which may have a user's name and password in it.
bool is_url(const Type& type);

} // namespace imagewright::config
