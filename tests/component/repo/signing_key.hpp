// SPDX-License-Identifier: MIT
#pragma once

// OpenPGP keys that are made for a test.

#include <string>

#include <imagewright_test/scratch.hpp>

/// Can keys be made on this host?
bool can_make_keys();

/// A fresh key pair in a keyring of its own.
class SigningKey {
public:
  SigningKey();
  SigningKey(const SigningKey&) = delete;
  SigningKey& operator=(const SigningKey&) = delete;
  ~SigningKey();

  /// Armored.
  const std::string& public_key() const { return public_key_; }
  const std::string& fingerprint() const { return fingerprint_; }
  /// An armored detached signature.
  std::string sign(const std::string& content) const;

private:
  void run(const std::string& arguments) const;

  imagewright_test::ScratchDirectory home_;
  std::string public_key_;
  std::string fingerprint_;
};
