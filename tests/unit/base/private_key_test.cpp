// SPDX-License-Identifier: MIT
#include <string>

#include <catch2/catch.hpp>

#include <imagewright/base/private_key.hpp>

using imagewright::base::is_private_key;

namespace {

std::string bytes(std::initializer_list<int> values) {
  std::string result;
  for (const int value : values)
    result += static_cast<char>(value);
  return result;
}

} // namespace

TEST_CASE("knows private keys of every form") {
  CHECK(is_private_key("-----BEGIN RSA PRIVATE KEY-----\n"));
  CHECK(is_private_key("a certificate\n-----BEGIN ENCRYPTED PRIVATE KEY-----\n"));
  CHECK(is_private_key("-----BEGIN PGP PRIVATE KEY BLOCK-----\n"));
  CHECK(is_private_key("PuTTY-User-Key-File-3: ssh-ed25519\n"));
  CHECK(is_private_key("untrusted comment: minisign encrypted secret key\nRWRT"));
  // RFC 9580, section 4.2: packets of the kinds 5 and 7, old and new.
  CHECK(is_private_key(bytes({0x94, 0x58})));
  CHECK(is_private_key(bytes({0x95, 0x03, 0x98})));
  CHECK(is_private_key(bytes({0xc5, 0x58})));
  CHECK(is_private_key(bytes({0x9c, 0x58})));
  CHECK(is_private_key(bytes({0xc7, 0x58})));
  // RFC 5958, RFC 8017, RFC 5915, RFC 7292.
  CHECK(is_private_key(bytes({0x30, 0x2e, 0x02, 0x01, 0x00, 0x30})));
  CHECK(is_private_key(bytes({0x30, 0x82, 0x04, 0xa4, 0x02, 0x01, 0x00, 0x02})));
  CHECK(is_private_key(bytes({0x30, 0x77, 0x02, 0x01, 0x01, 0x04})));
  CHECK(is_private_key(bytes({0x30, 0x82, 0x09, 0x00, 0x02, 0x01, 0x03, 0x30})));
}

TEST_CASE("takes public keys and certificates for what they are") {
  CHECK_FALSE(is_private_key(""));
  CHECK_FALSE(is_private_key("-----BEGIN PUBLIC KEY-----\n"));
  CHECK_FALSE(is_private_key("-----BEGIN PGP PUBLIC KEY BLOCK-----\n"));
  CHECK_FALSE(is_private_key("ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAI comment\n"));
  CHECK_FALSE(is_private_key(bytes({0x98, 0x33, 0x04})));
  CHECK_FALSE(is_private_key(bytes({0xc6, 0x33})));
  CHECK_FALSE(is_private_key(bytes({0x30})));
  CHECK_FALSE(is_private_key(bytes({0x30, 0xff})));
  // A certificate, a public key in its own structure, and one of RSA alone.
  CHECK_FALSE(is_private_key(bytes({0x30, 0x82, 0x03, 0x00, 0x30, 0x82, 0x02})));
  CHECK_FALSE(is_private_key(bytes({0x30, 0x2a, 0x30, 0x05, 0x06, 0x03})));
  CHECK_FALSE(is_private_key(bytes({0x30, 0x82, 0x01, 0x0a, 0x02, 0x82, 0x01, 0x01})));
}
