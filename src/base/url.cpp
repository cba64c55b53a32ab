// SPDX-License-Identifier: MIT
#include <imagewright/base/url.hpp>

namespace imagewright::base {

std::string without_secrets(std::string_view text) {
  constexpr std::string_view separator = "://";
  std::string result;
  while (true) {
    const std::size_t found = text.find(separator);
    if (found == std::string_view::npos) return result.append(text);
    const std::size_t authority = found + separator.size();
    result.append(text.substr(0, authority));
    text.remove_prefix(authority);
    // RFC 3986, section 3.2: the authority ends at "/", "?" or "#"; a password that is not escaped
    // may hold "@".
    const std::string_view host = text.substr(0, text.find_first_of("/?# \t\n\"'<>"));
    const std::size_t at = host.rfind('@');
    if (at != std::string_view::npos) text.remove_prefix(at + 1);
  }
}

} // namespace imagewright::base
