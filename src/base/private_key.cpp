// SPDX-License-Identifier: MIT
#include <algorithm>
#include <array>
#include <cstddef>

#include <imagewright/base/private_key.hpp>

namespace imagewright::base {

namespace {

constexpr std::array<std::string_view, 4> k_words{
    "PRIVATE KEY", // PEM (RFC 7468), OpenSSH, and "PGP PRIVATE KEY BLOCK" (RFC 9580, section 6.2)
    "PuTTY-User-Key-File",
    // How the data of an OpenSSH private key begins, when its first line is cut off.
    "b3BlbnNzaC1rZXktdjE", "encrypted secret key\n"};

unsigned byte_at(std::string_view content, std::size_t offset) {
  return offset < content.size() ? static_cast<unsigned char>(content[offset]) : 0;
}

/// RFC 9580, section 4.2: the kind of a packet stands in its first byte, in one of two ways.
bool is_secret_packet(std::string_view content) {
  constexpr unsigned secret_key = 5;
  constexpr unsigned secret_subkey = 7;
  const unsigned first = byte_at(content, 0);
  if ((first & 0x80U) == 0) return false;
  const unsigned kind = (first & 0x40U) != 0 ? first & 0x3fU : (first >> 2U) & 0xfU;
  return kind == secret_key || kind == secret_subkey;
}

/// A sequence whose first element is the version 0 or 1 (RFC 5958, RFC 8017 and RFC 5915): public
/// keys and certificates begin with another sequence.
bool is_secret_structure(std::string_view content) {
  if (byte_at(content, 0) != 0x30) return false;
  const unsigned length = byte_at(content, 1);
  const std::size_t start = length < 0x80 ? 2 : 2 + (length & 0x7fU);
  return start + 3 < content.size() && byte_at(content, start) == 0x02 &&
         byte_at(content, start + 1) == 1 && byte_at(content, start + 2) <= 1;
}

} // namespace

bool is_private_key(std::string_view content) {
  return is_secret_packet(content) || is_secret_structure(content) ||
         std::ranges::any_of(k_words, [&](std::string_view word) {
           return content.find(word) != std::string_view::npos;
         });
}

} // namespace imagewright::base
