// SPDX-License-Identifier: MIT
#pragma once

// What a reference to an image in a registry is made of.

#include <optional>
#include <string>
#include <string_view>

#include <imagewright/base/digest.hpp>

namespace imagewright::repo {

struct RegistryReference {
  std::string host; ///< with its port
  std::string name; ///< "os/node"
  std::string tag;  ///< "latest" where it says nothing
  std::optional<base::Digest> digest;

  /// "https://registry.example/v2/os/node/"; this host's own registries speak without TLS, as they
  /// do for other clients.
  std::string address() const;
};

/// Of a text that the language accepts. Throws base::BugError for any other.
RegistryReference parse_registry_reference(std::string_view text);

} // namespace imagewright::repo
