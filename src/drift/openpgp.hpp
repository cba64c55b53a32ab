// SPDX-License-Identifier: MIT
#pragma once

// As much of OpenPGP as signatures of packages need: RSA and Ed25519 over SHA-2.

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <imagewright/audit/manifest.hpp>

namespace imagewright::drift {

/// Public keys that a signature may be of.
class KeyRing {
public:
  /// Keys of kinds that are not known are passed over: nothing verifies with them.
  explicit KeyRing(const std::vector<audit::PackageKey>& keys);
  KeyRing(KeyRing&&) noexcept;
  KeyRing& operator=(KeyRing&&) noexcept;
  KeyRing(const KeyRing&) = delete;
  KeyRing& operator=(const KeyRing&) = delete;
  ~KeyRing();

  bool is_empty() const;
  /// Whether `signature`, one OpenPGP packet, is of one of the keys and over exactly these bytes.
  bool verifies(std::string_view bytes, std::string_view signature) const;

private:
  struct State;
  std::unique_ptr<State> state_;
};

} // namespace imagewright::drift
