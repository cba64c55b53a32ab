// SPDX-License-Identifier: MIT
#pragma once

// Whether bytes are a private key, where a public one is expected.

#include <string_view>

namespace imagewright::base {

/// Private keys of OpenSSH, PuTTY, OpenPGP (armored, or binary from the first packet on), PEM
/// anywhere in the text, PKCS#1, SEC 1, PKCS#8 and PKCS#12 in DER, age and minisign. A file that
/// says of itself that it is something else may still hold one.
bool is_private_key(std::string_view content);

} // namespace imagewright::base
