// SPDX-License-Identifier: MIT
#include <cstdlib>

#include <imagewright/base/certificate_file.hpp>

namespace imagewright::base {

std::optional<std::string> certificate_file() {
  const char* name = ::secure_getenv("SSL_CERT_FILE");
  if (name == nullptr || *name == '\0') return std::nullopt;
  return name;
}

} // namespace imagewright::base
