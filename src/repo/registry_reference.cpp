// SPDX-License-Identifier: MIT
#include "registry_reference.hpp"

#include <imagewright/base/error.hpp>
#include <imagewright/http/hosts.hpp>

namespace imagewright::repo {

std::string RegistryReference::address() const {
  return (http::is_this_host(host) ? "http://" : "https://") + host + "/v2/" + name + "/";
}

RegistryReference parse_registry_reference(std::string_view text) {
  const std::size_t slash = text.find('/');
  IMAGEWRIGHT_ASSERT(slash != std::string_view::npos);
  RegistryReference reference{
      .host = std::string(text.substr(0, slash)), .name = {}, .tag = "latest", .digest = {}};
  std::string_view rest = text.substr(slash + 1);
  if (const std::size_t at = rest.find('@'); at != std::string_view::npos) {
    reference.digest = base::Digest::parse(rest.substr(at + 1));
    IMAGEWRIGHT_ASSERT(reference.digest);
    rest = rest.substr(0, at);
  }
  const std::size_t colon = rest.find(':');
  if (colon != std::string_view::npos) reference.tag = std::string(rest.substr(colon + 1));
  reference.name = std::string(rest.substr(0, colon));
  return reference;
}

} // namespace imagewright::repo
