// SPDX-License-Identifier: MIT
#pragma once

// Which hosts may be spoken to without TLS.

#include <string_view>

namespace imagewright::http {

/// "registry.example:5000" of "https://registry.example:5000/v2/", with a login where there is one;
/// empty: it is no URL.
std::string_view authority_of(std::string_view url);

/// Whether the authority of a URL is this machine's, and has no login in it.
bool is_this_host(std::string_view authority);

} // namespace imagewright::http
