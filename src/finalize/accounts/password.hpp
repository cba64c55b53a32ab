// SPDX-License-Identifier: MIT
#pragma once

// Password hashes as crypt(5) has them.

#include <string>
#include <string_view>

namespace imagewright::finalize {

/// "$6$SALT$…": SHA-512 crypt with 5000 rounds, the form that every distribution's login
/// understands.
std::string sha512_crypt(std::string_view password, std::string_view salt);

/// A salt that depends on its seed alone: the same image has the same hash, two users of it have
/// not.
std::string salt_from(std::string_view seed);

} // namespace imagewright::finalize
