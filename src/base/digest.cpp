// SPDX-License-Identifier: MIT
#include <algorithm>
#include <array>
#include <utility>

#include <fmt/format.h>
#include <openssl/evp.h>

#include <imagewright/base/digest.hpp>
#include <imagewright/base/error.hpp>
#include <imagewright/base/text.hpp>

namespace imagewright::base {

namespace {

const EVP_MD* implementation_of(DigestAlgorithm algorithm) {
  switch (algorithm) {
  case DigestAlgorithm::sha256:
    return EVP_sha256();
  case DigestAlgorithm::sha384:
    return EVP_sha384();
  case DigestAlgorithm::sha512:
    return EVP_sha512();
  }
  throw BugError("unknown digest algorithm");
}

std::size_t hex_length(DigestAlgorithm algorithm) {
  return static_cast<std::size_t>(EVP_MD_get_size(implementation_of(algorithm))) * 2;
}

struct ContextDeleter {
  void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
};

} // namespace

struct Hasher::State {
  DigestAlgorithm algorithm;
  std::unique_ptr<EVP_MD_CTX, ContextDeleter> context;
};

std::string_view to_string(DigestAlgorithm algorithm) {
  switch (algorithm) {
  case DigestAlgorithm::sha256:
    return "sha256";
  case DigestAlgorithm::sha384:
    return "sha384";
  case DigestAlgorithm::sha512:
    return "sha512";
  }
  throw BugError("unknown digest algorithm");
}

std::optional<DigestAlgorithm> find_digest_algorithm(std::string_view name) {
  const std::string lower = to_lower(name);
  for (const auto algorithm :
       {DigestAlgorithm::sha256, DigestAlgorithm::sha384, DigestAlgorithm::sha512}) {
    if (lower == to_string(algorithm)) return algorithm;
  }
  return std::nullopt;
}

std::string Digest::to_string() const {
  return fmt::format("{}:{}", imagewright::base::to_string(algorithm), hex);
}

std::optional<Digest> Digest::parse(std::string_view text) {
  const std::size_t colon = text.find(':');
  if (colon == std::string_view::npos) return std::nullopt;
  const auto algorithm = find_digest_algorithm(text.substr(0, colon));
  const std::string hex = to_lower(text.substr(colon + 1));
  const bool is_hex = hex.find_first_not_of("0123456789abcdef") == std::string::npos;
  if (!algorithm || !is_hex || hex.size() != hex_length(*algorithm)) return std::nullopt;
  return Digest{*algorithm, hex};
}

Hasher::Hasher(DigestAlgorithm algorithm)
    : state_(std::make_unique<State>(
          State{algorithm, std::unique_ptr<EVP_MD_CTX, ContextDeleter>(EVP_MD_CTX_new())})) {
  if (!state_->context ||
      EVP_DigestInit_ex(state_->context.get(), implementation_of(algorithm), nullptr) != 1) {
    throw Error(FailureKind::host, "base.digest-unavailable",
                fmt::format("this host's OpenSSL cannot compute {}",
                            imagewright::base::to_string(algorithm)));
  }
}

Hasher::Hasher(Hasher&&) noexcept = default;
Hasher& Hasher::operator=(Hasher&&) noexcept = default;
Hasher::~Hasher() = default;

void Hasher::update(std::span<const std::byte> data) {
  IMAGEWRIGHT_ASSERT(EVP_DigestUpdate(state_->context.get(), data.data(), data.size()) == 1);
}

void Hasher::update(std::string_view text) {
  update(std::as_bytes(std::span(text.data(), text.size())));
}

void Hasher::update_zeros(std::uint64_t count) {
  static constexpr std::array<std::byte, 65536> zeros{};
  while (count > 0) {
    const auto piece = std::min<std::uint64_t>(count, zeros.size());
    update(std::span(zeros).first(static_cast<std::size_t>(piece)));
    count -= piece;
  }
}

Hasher Hasher::fork() const {
  Hasher copy(state_->algorithm);
  IMAGEWRIGHT_ASSERT(EVP_MD_CTX_copy_ex(copy.state_->context.get(), state_->context.get()) == 1);
  return copy;
}

std::string to_hex(std::span<const std::byte> bytes) {
  constexpr std::string_view digits = "0123456789abcdef";
  std::string hex;
  hex.reserve(bytes.size() * 2);
  for (const std::byte byte : bytes) {
    hex += digits[std::to_integer<std::size_t>(byte >> 4U)];
    hex += digits[std::to_integer<std::size_t>(byte & std::byte{15})];
  }
  return hex;
}

std::vector<std::byte> Hasher::finish_bytes() {
  std::array<unsigned char, EVP_MAX_MD_SIZE> raw{};
  unsigned int size = 0;
  IMAGEWRIGHT_ASSERT(EVP_DigestFinal_ex(state_->context.get(), raw.data(), &size) == 1);
  const auto bytes = std::as_bytes(std::span(raw).first(size));
  return {bytes.begin(), bytes.end()};
}

Digest Hasher::finish() {
  return {state_->algorithm, to_hex(finish_bytes())};
}

Digest digest_of(std::string_view text, DigestAlgorithm algorithm) {
  Hasher hasher(algorithm);
  hasher.update(text);
  return hasher.finish();
}

} // namespace imagewright::base
