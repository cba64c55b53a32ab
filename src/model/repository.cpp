// SPDX-License-Identifier: MIT
#include <imagewright/model/repository.hpp>

namespace imagewright::model {

bool is_fingerprint(std::string_view text) {
  // RFC 9580, section 5.5.4: 20 octets in version 4, 32 in version 6.
  return (text.size() == 40 || text.size() == 64) &&
         text.find_first_not_of("0123456789abcdefABCDEF") == std::string_view::npos;
}

const std::string& Repository::address() const {
  if (!base_url.empty()) return base_url;
  return mirror_list.empty() ? path : mirror_list;
}

} // namespace imagewright::model
