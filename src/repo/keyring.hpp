// SPDX-License-Identifier: MIT
#pragma once

// OpenPGP keys of one repository and what they signed. No keyring of the user is read or changed.

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <imagewright/fs/temporary_directory.hpp>

namespace imagewright::repo {

enum class SignatureVerdict : std::uint8_t {
  good,
  bad,         ///< not a signature of this content, or no signature at all
  unknown_key, ///< by a key that is not in the keyring
  expired,     ///< right, but the key or the signature has expired or was revoked
};

struct SignatureResult {
  SignatureVerdict verdict = SignatureVerdict::bad;
  /// Fingerprint or id of the signing key, when the signature names one.
  std::string signer;
};

/// Holds exactly the keys that were added.
class Keyring {
public:
  /// Works in a directory of its own below `parent`. Throws base::Error (repo.verifier-unavailable)
  /// when this host has no OpenPGP engine.
  explicit Keyring(const std::filesystem::path& parent);
  Keyring(const Keyring&) = delete;
  Keyring& operator=(const Keyring&) = delete;
  Keyring(Keyring&&) = delete;
  Keyring& operator=(Keyring&&) = delete;
  ~Keyring();

  /// Adds every public key of an armored or binary file; false when it holds none.
  bool add(std::string_view key_file_content);
  /// Fingerprints of the primary keys, upper-case hexadecimal, sorted.
  std::vector<std::string> fingerprints();
  SignatureResult verify(std::string_view content, std::string_view detached_signature);

private:
  struct Context;

  fs::TemporaryDirectory home_;
  std::unique_ptr<Context> context_;
};

} // namespace imagewright::repo
