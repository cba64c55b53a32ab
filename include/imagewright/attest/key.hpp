// SPDX-License-Identifier: MIT
#pragma once

// Keys that sign and keys that check: files, or whatever a provider of OpenSSL reaches by a URI.

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace imagewright::attest {

/// What a key signs with. The first gives the same signature each time, the second does not.
enum class KeyAlgorithm : std::uint8_t { ed25519, ecdsa_p256 };

/// "ed25519", "ecdsa-p256"
std::string_view to_string(KeyAlgorithm algorithm);

/// Where a key is.
struct KeyPlace {
  std::string location; ///< a PEM file, or a URI that OpenSSL's store knows: "pkcs11:…"
  /// Providers of OpenSSL to be loaded beside the default one.
  std::vector<std::string> providers;
  /// Of an encrypted file, or the PIN of a token; absent: nobody is asked for one.
  std::optional<std::string> passphrase;
};

/// A private key. It stays where it is: a token signs by itself.
class SigningKey {
public:
  /// Throws base::Error (attest.no-key, attest.locked-key, attest.unfit-key,
  /// attest.no-provider).
  explicit SigningKey(const KeyPlace& place);
  SigningKey(SigningKey&&) noexcept;
  SigningKey& operator=(SigningKey&&) noexcept;
  SigningKey(const SigningKey&) = delete;
  SigningKey& operator=(const SigningKey&) = delete;
  ~SigningKey();

  KeyAlgorithm algorithm() const;
  /// SHA-256 of the public half as SubjectPublicKeyInfo, in hexadecimal digits.
  std::string identifier() const;
  /// ed25519: 64 bytes; ECDSA: DER. Throws base::Error (attest.cannot-sign).
  std::string sign(std::string_view message) const;

private:
  struct State;
  std::unique_ptr<State> state_;
};

/// A public key.
class VerificationKey {
public:
  /// Throws what SigningKey's throws. A private key is refused: it has no business where
  /// signatures are checked.
  explicit VerificationKey(const KeyPlace& place);
  VerificationKey(VerificationKey&&) noexcept;
  VerificationKey& operator=(VerificationKey&&) noexcept;
  VerificationKey(const VerificationKey&) = delete;
  VerificationKey& operator=(const VerificationKey&) = delete;
  ~VerificationKey();

  std::string identifier() const;
  bool verifies(std::string_view message, std::string_view signature) const;

private:
  struct State;
  std::unique_ptr<State> state_;
};

} // namespace imagewright::attest
