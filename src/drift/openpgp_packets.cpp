// SPDX-License-Identifier: MIT
#include "openpgp_packets.hpp"

#include <utility>

namespace imagewright::drift {

namespace {

/// Takes from the front; once something was missing, everything is.
class Cursor {
public:
  explicit Cursor(std::string_view bytes) : rest_(bytes) {}

  bool is_good() const { return is_good_; }
  bool is_done() const { return rest_.empty(); }

  std::string_view take(std::size_t size) {
    if (size > rest_.size()) {
      is_good_ = false;
      rest_ = {};
      return {};
    }
    const std::string_view taken = rest_.substr(0, size);
    rest_.remove_prefix(size);
    return taken;
  }

  std::size_t number(std::size_t size) {
    std::size_t value = 0;
    for (const char byte : take(size))
      value = value << 8U | static_cast<unsigned char>(byte);
    return value;
  }

  /// Section 3.2: a count of bits, then the number.
  std::string long_number() {
    const std::size_t bits = number(2);
    return std::string(take((bits + 7) / 8));
  }

private:
  std::string_view rest_;
  bool is_good_ = true;
};

std::optional<std::size_t> old_length(Cursor& cursor, unsigned header) {
  const unsigned kind = header & 3U;
  if (kind == 3) return std::nullopt;
  return cursor.number(std::size_t{1} << kind);
}

std::optional<std::size_t> new_length(Cursor& cursor) {
  const std::size_t first = cursor.number(1);
  if (first < 192) return first;
  if (first < 224) return ((first - 192) << 8U) + cursor.number(1) + 192;
  if (first == 255) return cursor.number(4);
  return std::nullopt;
}

constexpr std::size_t k_rsa = 1;
constexpr std::size_t k_rsa_sign_only = 3;
constexpr std::size_t k_eddsa = 22;
/// The curve's name as a key has it.
constexpr std::string_view k_ed25519("\x2b\x06\x01\x04\x01\xda\x47\x0f\x01", 9);

std::optional<KeyKind> kind_of(std::size_t algorithm) {
  if (algorithm == k_rsa || algorithm == k_rsa_sign_only) return KeyKind::rsa;
  if (algorithm == k_eddsa) return KeyKind::ed25519;
  return std::nullopt;
}

void read_numbers(Cursor& cursor, SignaturePacket& signature) {
  cursor.take(2); // the first bytes of the digest: a hint
  const int count = signature.kind == KeyKind::rsa ? 1 : 2;
  for (int index = 0; index < count; ++index)
    signature.numbers.push_back(cursor.long_number());
}

std::optional<SignaturePacket> parse_version_3(Cursor cursor) {
  if (cursor.number(1) != 5) return std::nullopt;
  const std::string_view hashed = cursor.take(5);
  if (hashed.empty() || hashed.front() != '\0') return std::nullopt;
  cursor.take(8); // whose key it says it is
  const auto kind = kind_of(cursor.number(1));
  if (!kind) return std::nullopt;
  SignaturePacket signature{.kind = *kind,
                            .digest_algorithm = static_cast<std::uint8_t>(cursor.number(1)),
                            .trailer = std::string(hashed),
                            .numbers = {}};
  read_numbers(cursor, signature);
  return cursor.is_good() && cursor.is_done() ? std::optional(std::move(signature)) : std::nullopt;
}

std::optional<SignaturePacket> parse_version_4(std::string_view body) {
  Cursor cursor(body.substr(1));
  // Over a document; certificates of keys are something else.
  if (cursor.number(1) != 0) return std::nullopt;
  const auto kind = kind_of(cursor.number(1));
  if (!kind) return std::nullopt;
  const auto digest = static_cast<std::uint8_t>(cursor.number(1));
  const std::size_t hashed_size = cursor.number(2);
  cursor.take(hashed_size);
  cursor.take(cursor.number(2));
  SignaturePacket signature{
      .kind = *kind, .digest_algorithm = digest, .trailer = {}, .numbers = {}};
  read_numbers(cursor, signature);
  if (!cursor.is_good() || !cursor.is_done()) return std::nullopt;
  const std::size_t size = 6 + hashed_size;
  signature.trailer = std::string(body.substr(0, size)) + "\x04\xff";
  for (const unsigned shift : {24U, 16U, 8U, 0U})
    signature.trailer += static_cast<char>(size >> shift & 0xFFU);
  return signature;
}

} // namespace

std::vector<Packet> packets_in(std::string_view bytes) {
  std::vector<Packet> packets;
  Cursor cursor(bytes);
  while (cursor.is_good() && !cursor.is_done()) {
    const auto header = static_cast<unsigned>(cursor.number(1));
    if ((header & 0x80U) == 0) break;
    const bool is_new = (header & 0x40U) != 0;
    const auto length = is_new ? new_length(cursor) : old_length(cursor, header);
    if (!length) break;
    const std::string_view body = cursor.take(*length);
    if (!cursor.is_good()) break;
    packets.push_back(
        {static_cast<std::uint8_t>(is_new ? header & 0x3FU : header >> 2U & 0x0FU), body});
  }
  return packets;
}

std::optional<KeyPacket> parse_key(std::string_view body) {
  Cursor cursor(body);
  if (cursor.number(1) != 4) return std::nullopt;
  cursor.take(4); // when it was made
  const auto kind = kind_of(cursor.number(1));
  if (!kind) return std::nullopt;
  KeyPacket key{.kind = *kind, .numbers = {}};
  if (*kind == KeyKind::rsa) {
    key.numbers = {cursor.long_number(), cursor.long_number()};
  } else {
    if (cursor.take(cursor.number(1)) != k_ed25519) return std::nullopt;
    const std::string point = cursor.long_number();
    // 0x40 says that the point is written as the curve's own paper has it.
    if (point.size() != 33 || point.front() != '\x40') return std::nullopt;
    key.numbers = {point.substr(1)};
  }
  return cursor.is_good() ? std::optional(std::move(key)) : std::nullopt;
}

std::optional<SignaturePacket> parse_signature(std::string_view body) {
  if (body.empty()) return std::nullopt;
  if (body.front() == '\x04') return parse_version_4(body);
  return body.front() == '\x03' ? parse_version_3(Cursor(body.substr(1))) : std::nullopt;
}

} // namespace imagewright::drift
