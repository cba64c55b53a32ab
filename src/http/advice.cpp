// SPDX-License-Identifier: MIT
#include "advice.hpp"

#include <algorithm>
#include <array>
#include <cstdlib>

namespace imagewright::http {

namespace {

constexpr long k_unauthorized = 401;
constexpr long k_forbidden = 403;
constexpr long k_proxy_wants_login = 407;

/// Those that libcurl reads.
bool has_proxy() {
  constexpr std::array names = {"http_proxy", "https_proxy", "HTTPS_PROXY", "all_proxy",
                                "ALL_PROXY"};
  return std::ranges::any_of(names, [](const char* name) {
    const char* value = std::getenv(name);
    return value != nullptr && *value != '\0';
  });
}

} // namespace

Advice advice_on(CURLcode code, long status, long proxy_status) {
  if (status == k_proxy_wants_login || proxy_status == k_proxy_wants_login) {
    return {.hint = "the proxy wants to know who asks: write NAME:PASSWORD@ before its host in "
                    "http_proxy or https_proxy",
            .is_lasting = true};
  }
  if (status == k_unauthorized || status == k_forbidden) {
    return {.hint = "the server wants to know who asks: write NAME:PASSWORD@ before its host in "
                    "the address; a repository's goes with --repo, so that it stands in no file",
            .is_lasting = status == k_unauthorized};
  }
  if (code == CURLE_PEER_FAILED_VERIFICATION) {
    return {.hint = "where the server's certificate is of an authority of your own, name the file "
                    "with that authority's certificate in SSL_CERT_FILE, or add it to this host's; "
                    "else check the address, and this host's clock",
            .is_lasting = true};
  }
  if (code == CURLE_SSL_CACERT_BADFILE) {
    return {.hint = "correct SSL_CERT_FILE, or install this host's certificates (ca-certificates)",
            .is_lasting = true};
  }
  const bool cannot_connect = code == CURLE_COULDNT_CONNECT || code == CURLE_OPERATION_TIMEDOUT;
  if (code == CURLE_COULDNT_RESOLVE_PROXY || code == CURLE_PROXY || (cannot_connect && has_proxy()))
    return {.hint = "check the proxy that http_proxy or https_proxy names; what is to be reached "
                    "without it is listed in no_proxy"};
  return {};
}

} // namespace imagewright::http
