// SPDX-License-Identifier: MIT
#pragma once

// What is told of a secret where it stands by mistake: names that people give to secrets, also
// misspelt ones, arguments of programs, and addresses that cannot be read.

#include <string>
#include <string_view>
#include <vector>

namespace imagewright::base {

/// What stands in the place of a secret.
inline constexpr std::string_view k_mask = "********";

/// "password", "rootPasswd", "pasword", "api_token", …
bool names_a_secret(std::string_view name);

/// The arguments of a program as they may be shown: "--token=…" and "PASSWORD=…" without what
/// stands behind the sign, and what follows "--password" not at all.
std::vector<std::string> arguments_without_secrets(std::vector<std::string> arguments);

/// An address or a path in its place: as `without_secrets`, and without what stands before its last
/// "@", also where no protocol says that it is a URL.
std::string without_login(std::string_view address);

} // namespace imagewright::base
