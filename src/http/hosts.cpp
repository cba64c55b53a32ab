// SPDX-License-Identifier: MIT
#include <imagewright/base/text.hpp>
#include <imagewright/http/hosts.hpp>

namespace imagewright::http {

std::string_view authority_of(std::string_view url) {
  constexpr std::string_view k_separator = "://";
  const std::size_t scheme = url.find(k_separator);
  if (scheme == std::string_view::npos) return {};
  const std::string_view rest = url.substr(scheme + k_separator.size());
  return rest.substr(0, rest.find_first_of("/?#"));
}

bool is_this_host(std::string_view authority) {
  constexpr std::string_view k_sixth = "[::1]";
  // What stands before "@" is a login, whatever it looks like.
  if (authority.find('@') != std::string_view::npos) return false;
  if (authority.starts_with('['))
    return authority == k_sixth || authority.starts_with(std::string(k_sixth) + ":");
  const std::string host = base::to_lower(authority.substr(0, authority.find(':')));
  return host == "localhost" || host == "127.0.0.1";
}

} // namespace imagewright::http
