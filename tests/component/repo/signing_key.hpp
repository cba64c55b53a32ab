// SPDX-License-Identifier: MIT
#pragma once

// OpenPGP keys that are made for a test.

#include <string>

#include <imagewright_test/scratch.hpp>

/// Can keys be made on this host?
bool can_make_keys();

enum class KeyKind { ordinary, rsa, expired, revoked, future };

/// A fresh key pair in a keyring of its own.
class SigningKey {
public:
  explicit SigningKey(KeyKind kind = KeyKind::ordinary);
  SigningKey(const SigningKey&) = delete;
  SigningKey& operator=(const SigningKey&) = delete;
  ~SigningKey();

  /// Armored.
  const std::string& public_key() const { return public_key_; }
  const std::string& fingerprint() const { return fingerprint_; }
  const std::string& binary_key() const { return binary_key_; }
  /// Armored.
  std::string private_key() const;
  std::string binary_private_key() const;
  /// The public key packet alone: no user name, no signature.
  std::string bare_key() const;
  /// An armored detached signature.
  std::string sign(const std::string& content, const std::string& options = {}) const;

private:
  void run(const std::string& arguments) const;

  imagewright_test::ScratchDirectory home_;
  std::string public_key_;
  std::string binary_key_;
  std::string fingerprint_;
};
