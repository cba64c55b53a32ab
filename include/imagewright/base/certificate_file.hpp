// SPDX-License-Identifier: MIT
#pragma once

// Which authorities speak for servers.

#include <optional>
#include <string>

namespace imagewright::base {

/// The file of certificates that SSL_CERT_FILE names, as OpenSSL's own programs read it; nothing
/// where the host's are meant.
std::optional<std::string> certificate_file();

} // namespace imagewright::base
