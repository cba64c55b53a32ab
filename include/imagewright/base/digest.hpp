// SPDX-License-Identifier: MIT
#pragma once

// Cryptographic digests: computing them, comparing them, writing them down.

#include <compare>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace imagewright::base {

enum class DigestAlgorithm : std::uint8_t { sha256, sha384, sha512 };

/// "sha256", "sha384", "sha512".
std::string_view to_string(DigestAlgorithm algorithm);
/// The algorithm of that name (also in capitals, as "SHA256"), or nothing.
std::optional<DigestAlgorithm> find_digest_algorithm(std::string_view name);

/// A finished digest: lower-case hexadecimal text with its algorithm.
struct Digest {
  DigestAlgorithm algorithm = DigestAlgorithm::sha256;
  std::string hex;

  auto operator<=>(const Digest&) const = default;

  /// "sha256:…"
  std::string to_string() const;
  /// Reads "sha256:<64 hex digits>"; nothing when it is not of that form or length.
  static std::optional<Digest> parse(std::string_view text);
};

/// Two lower-case digits for each byte.
std::string to_hex(std::span<const std::byte> bytes);

/// Digests a stream piece by piece.
class Hasher {
public:
  explicit Hasher(DigestAlgorithm algorithm = DigestAlgorithm::sha256);
  Hasher(Hasher&&) noexcept;
  Hasher& operator=(Hasher&&) noexcept;
  Hasher(const Hasher&) = delete;
  Hasher& operator=(const Hasher&) = delete;
  ~Hasher();

  void update(std::span<const std::byte> data);
  void update(std::string_view text);
  /// As if `count` zero bytes had been given.
  void update_zeros(std::uint64_t count);
  /// A second hasher that has seen the same stream: for files with a common beginning.
  Hasher fork() const;
  /// Ends the stream. Call once.
  Digest finish();
  /// The same as bytes.
  std::vector<std::byte> finish_bytes();

private:
  struct State;
  std::unique_ptr<State> state_;
};

Digest digest_of(std::string_view text, DigestAlgorithm algorithm = DigestAlgorithm::sha256);

} // namespace imagewright::base
