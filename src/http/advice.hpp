// SPDX-License-Identifier: MIT
#pragma once

// Why a server or a proxy does not give anything to this host, and what helps.

#include <string>

#include <curl/curl.h>

namespace imagewright::http {

struct Advice {
  std::string hint;        ///< empty: nothing better is known than to look at address and network
  bool is_lasting = false; ///< asking again would change nothing
};

/// `status` and `proxy_status` are what server and proxy answered, 0 for nothing.
Advice advice_on(CURLcode code, long status, long proxy_status);

} // namespace imagewright::http
