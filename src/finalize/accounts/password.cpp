// SPDX-License-Identifier: MIT
#include "password.hpp"

#include <array>
#include <cstdint>

#include <imagewright/base/digest.hpp>
#include <imagewright/base/error.hpp>

// "Unix crypt using SHA-256 and SHA-512" by U. Drepper, version 0.6; the numbers in comments are
// its steps.

namespace imagewright::finalize {
namespace {

constexpr std::string_view k_alphabet =
    "./0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
constexpr std::size_t k_digest_size = 64;
constexpr std::size_t k_largest_salt = 16;
constexpr int k_round_count = 5000;

unsigned value_of(char digit) {
  return static_cast<unsigned>(digit <= '9' ? digit - '0' : digit - 'a' + 10);
}

std::string bytes_of(const base::Digest& digest) {
  std::string bytes;
  for (std::size_t i = 0; i + 1 < digest.hex.size(); i += 2) {
    bytes += static_cast<char>(value_of(digest.hex[i]) * 16 + value_of(digest.hex[i + 1]));
  }
  return bytes;
}

base::Hasher sha512() {
  return base::Hasher(base::DigestAlgorithm::sha512);
}

/// The first `size` bytes of the pattern, repeated.
std::string repeated(std::string_view pattern, std::size_t size) {
  std::string text;
  while (text.size() < size)
    text += pattern.substr(0, size - text.size());
  return text;
}

/// Steps 4 to 12.
std::string first_digest(std::string_view password, std::string_view salt) {
  auto other = sha512();
  other.update(password);
  other.update(salt);
  other.update(password);
  const auto b = bytes_of(other.finish());
  auto hasher = sha512();
  hasher.update(password);
  hasher.update(salt);
  hasher.update(repeated(b, password.size()));
  for (auto bits = password.size(); bits != 0; bits >>= 1U) {
    hasher.update((bits & 1U) != 0 ? std::string_view(b) : password);
  }
  return bytes_of(hasher.finish());
}

/// Steps 13 to 20: `text` hashed `count` times over, as a sequence of `size` bytes.
std::string sequence(std::string_view text, std::size_t count, std::size_t size) {
  auto hasher = sha512();
  for (std::size_t i = 0; i < count; ++i)
    hasher.update(text);
  return repeated(bytes_of(hasher.finish()), size);
}

/// Step 21.
std::string after_rounds(std::string digest, const std::string& p, const std::string& s) {
  for (int round = 0; round < k_round_count; ++round) {
    auto hasher = sha512();
    hasher.update(round % 2 != 0 ? p : digest);
    if (round % 3 != 0) hasher.update(s);
    if (round % 7 != 0) hasher.update(p);
    hasher.update(round % 2 != 0 ? digest : p);
    digest = bytes_of(hasher.finish());
  }
  return digest;
}

void append_base64(std::string& text, std::uint32_t value, int digit_count) {
  for (int i = 0; i < digit_count; ++i) {
    text += k_alphabet[value & 63U];
    value >>= 6U;
  }
}

/// Step 22: groups of three bytes that stand 21 apart, the first of which moves on by one each
/// time.
std::string encoded(const std::string& digest) {
  const auto byte = [&](std::size_t index) {
    return static_cast<std::uint32_t>(static_cast<unsigned char>(digest[index]));
  };
  std::string text;
  for (std::size_t i = 0; i < 21; ++i) {
    const std::array<std::size_t, 3> columns{i, i + 21, i + 42};
    append_base64(text,
                  byte(columns[i % 3]) << 16U | byte(columns[(i + 1) % 3]) << 8U |
                      byte(columns[(i + 2) % 3]),
                  4);
  }
  append_base64(text, byte(63), 2);
  return text;
}

} // namespace

std::string sha512_crypt(std::string_view password, std::string_view salt) {
  salt = salt.substr(0, k_largest_salt);
  auto digest = first_digest(password, salt);
  IMAGEWRIGHT_ASSERT(digest.size() == k_digest_size);
  const auto p = sequence(password, password.size(), password.size());
  const auto s = sequence(salt, 16U + static_cast<unsigned char>(digest[0]), salt.size());
  digest = after_rounds(std::move(digest), p, s);
  return "$6$" + std::string(salt) + "$" + encoded(digest);
}

std::string salt_from(std::string_view seed) {
  const auto bytes = bytes_of(base::digest_of(seed, base::DigestAlgorithm::sha512));
  std::string salt;
  for (std::size_t i = 0; i < k_largest_salt; ++i) {
    salt += k_alphabet[static_cast<unsigned char>(bytes[i]) & 63U];
  }
  return salt;
}

} // namespace imagewright::finalize
