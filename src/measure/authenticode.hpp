// SPDX-License-Identifier: MIT
#pragma once

// Whether a signature in a program for EFI stands on a certificate.

#include <string_view>

#include "efi_program.hpp"

namespace imagewright::measure {

/// "Windows Authenticode Portable Executable Signature Format". `signature` is one of the
/// program's, PKCS #7 in DER; `certificate` is X.509 in DER, and taken for trusted. As firmware
/// does, nothing is asked of dates and purposes.
bool is_signed_by(const EfiProgram& program, std::string_view signature,
                  std::string_view certificate);

} // namespace imagewright::measure
