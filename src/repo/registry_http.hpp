// SPDX-License-Identifier: MIT
#pragma once

// Short answers of a registry.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <imagewright/base/cancellation.hpp>
#include <imagewright/repo/fetch_options.hpp>

namespace imagewright::repo {

struct RegistryAnswer {
  long status = 0;         ///< of HTTP; 0: there is no answer
  std::string fault;       ///< why there is none
  std::string hint;        ///< what helps, where that is known
  bool is_lasting = false; ///< asking again would change nothing
  std::string body;
  bool is_redirected = false;
  /// WWW-Authenticate of the scheme Bearer, where there is one and nobody else's.
  std::string challenge;
  bool wants_password = false; ///< there is one of the scheme Basic
};

/// Takes one line of an answer's head; another answer's, after a redirection, begins with "HTTP/".
void take_header(RegistryAnswer& answer, std::string_view line);

/// The value of a parameter of a challenge (RFC 9110, section 11.2); empty: it has none.
std::string challenge_parameter(std::string_view challenge, std::string_view name);

/// Whether a token may be fetched there: by TLS, or from this host when the registry is on it.
bool is_safe_realm(std::string_view realm, std::string_view registry_host);

/// Never more than `k_longest_registry_answer` bytes. Asks again where the server does not answer
/// or says that it cannot just now. Throws base::Cancelled.
RegistryAnswer get_from_registry(const std::string& url, const std::vector<std::string>& headers,
                                 const FetchOptions& options,
                                 const base::Cancellation& cancellation);

/// OCI distribution specification: registries take manifests of 4 MiB at least, and few take more.
inline constexpr std::uint64_t k_longest_registry_answer = 4U * 1024U * 1024U;

} // namespace imagewright::repo
