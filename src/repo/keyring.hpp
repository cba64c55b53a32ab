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

enum class KeyState : std::uint8_t {
  usable,
  expired,
  revoked,
  not_yet_made, ///< by the clock of this host
};

/// One primary key with its subkeys, as the one reader of keys understood them.
struct PublicKey {
  std::string fingerprint; ///< of the primary key, upper-case hexadecimal
  /// The key alone, binary, without what has expired or was revoked and without other people's
  /// signatures: every other program is given this and never the file.
  std::string content;
  KeyState state = KeyState::usable;
  std::int64_t made = 0; ///< seconds since 1970

  auto operator<=>(const PublicKey&) const = default;
};

enum class SignatureVerdict : std::uint8_t {
  good,
  bad,         ///< not a signature of this content, or no signature at all
  unknown_key, ///< by a key that is not in the keyring
  expired,     ///< right, but the key or the signature has expired or was revoked
  weak,        ///< over a digest that can be forged, such as SHA-1
  not_yet,     ///< made after what the clock of this host says
};

struct SignatureResult {
  SignatureVerdict verdict = SignatureVerdict::bad;
  /// Fingerprint or id of the signing key, when the signature names one.
  std::string signer;
};

/// What a file of keys turned out to be.
enum class KeyFile : std::uint8_t {
  public_keys,
  private_keys,
  damaged, ///< holds keys, and something that is one no more
  none,
};

/// Finds out where the host's gpg is, with nothing of the caller's environment. To be called before
/// there are threads that read theirs; further calls do nothing.
void prepare_keyrings();

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

  /// Adds every public key of a file, armored or binary, in one block or several. What a file with
  /// a private key in it brings is not to be used.
  KeyFile add(std::string_view key_file_content);
  /// Sorted by fingerprint.
  std::vector<PublicKey> keys();
  SignatureResult verify(std::string_view content, std::string_view detached_signature);

private:
  struct Context;

  KeyFile import(std::string_view block);
  std::string exported(const std::string& fingerprint);

  fs::TemporaryDirectory home_;
  std::unique_ptr<Context> context_;
};

} // namespace imagewright::repo
