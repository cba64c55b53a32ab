// SPDX-License-Identifier: MIT
#pragma once

// Taking OpenPGP packets apart (RFC 4880), without a word of cryptography.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace imagewright::drift {

enum class PacketTag : std::uint8_t { signature = 2, public_key = 6, public_subkey = 14 };

struct Packet {
  std::uint8_t tag = 0;
  std::string_view body;
};

/// Section 4.2; the packets before the first that is cut off or of unknown length.
std::vector<Packet> packets_in(std::string_view bytes);

enum class KeyKind : std::uint8_t { rsa, ed25519 };

/// A public key, version 4 (section 5.5.2).
struct KeyPacket {
  KeyKind kind = KeyKind::rsa;
  /// RSA: modulus and exponent. Ed25519: the point's 32 bytes.
  std::vector<std::string> numbers;
};
std::optional<KeyPacket> parse_key(std::string_view body);

/// A signature over a document (section 5.2), version 3 or 4.
struct SignaturePacket {
  KeyKind kind = KeyKind::rsa;
  std::uint8_t digest_algorithm = 0; ///< section 9.4
  std::string trailer;               ///< what is hashed behind the document
  /// RSA: one number. Ed25519: R and S.
  std::vector<std::string> numbers;
};
std::optional<SignaturePacket> parse_signature(std::string_view body);

} // namespace imagewright::drift
