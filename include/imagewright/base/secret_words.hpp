// SPDX-License-Identifier: MIT
#pragma once

// What is told of a secret where it stands by mistake: names that people give to secrets, also
// misspelt ones, and addresses that cannot be read.

#include <string>
#include <string_view>

namespace imagewright::base {

/// "password", "rootPasswd", "pasword", "api_token", …
bool names_a_secret(std::string_view name);

/// An address or a path in its place: as `without_secrets`, and without what stands before its last
/// "@", also where no protocol says that it is a URL.
std::string without_login(std::string_view address);

} // namespace imagewright::base
