// SPDX-License-Identifier: MIT
#include <memory>
#include <span>
#include <utility>

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>

#include <imagewright/attest/policy.hpp>
#include <imagewright/base/base64.hpp>
#include <imagewright/base/byte_order.hpp>
#include <imagewright/base/error.hpp>
#include <imagewright/base/freeing.hpp>
#include <imagewright/base/hex.hpp>
#include <imagewright/json/value.hpp>

#include "openssl_key.hpp"

namespace imagewright::attest {

namespace {

using Bio = std::unique_ptr<BIO, base::Freeing<BIO_free_all>>;

/// What TPMs know (TPM 2.0, part 2, TPMI_RSA_KEY_BITS).
constexpr int k_least_bits = 2048;
constexpr int k_most_bits = 4096;

// TPM 2.0, part 2, TPM_CC and TPM_ALG_ID.
constexpr std::uint32_t k_policy_pcr = 0x17f;
constexpr std::uint16_t k_sha256 = 0x0b;
constexpr std::uint16_t k_sha384 = 0x0c;
constexpr std::uint16_t k_sha512 = 0x0d;
constexpr std::uint8_t k_selection_size = 3;

std::uint16_t identifier_of(base::DigestAlgorithm algorithm) {
  switch (algorithm) {
  case base::DigestAlgorithm::sha256:
    return k_sha256;
  case base::DigestAlgorithm::sha384:
    return k_sha384;
  case base::DigestAlgorithm::sha512:
    return k_sha512;
  }
  throw base::BugError("unknown algorithm of digests");
}

/// The highest byte first, as a TPM has all numbers.
template <typename Integer>
std::string big_endian(Integer value) {
  std::string bytes(sizeof value, '\0');
  base::big_endian::put(std::as_writable_bytes(std::span(bytes)), 0, value);
  return bytes;
}

std::string bytes_of(const base::Digest& digest) {
  const auto bytes = base::from_hex(digest.hex);
  IMAGEWRIGHT_ASSERT(bytes);
  return *bytes;
}

std::string hex_of(std::string_view bytes) {
  return base::to_hex(std::as_bytes(std::span(bytes)));
}

void require_fit(EVP_PKEY* key) {
  const int bits = EVP_PKEY_get_bits(key);
  if (EVP_PKEY_is_a(key, "RSA") == 1 && bits >= k_least_bits && bits <= k_most_bits) return;
  throw base::Error(
      base::FailureKind::input, "attest.unfit-key",
      "the key for policies is not RSA of 2048 to 4096 bits",
      "make one: openssl genpkey -algorithm rsa -pkeyopt rsa_keygen_bits:2048 -out key.pem");
}

} // namespace

struct PolicyKey::State {
  Pkey key;
};

PolicyKey::PolicyKey(const KeyPlace& place)
    : state_(std::make_unique<State>(State{load_key(place, KeyHalf::secret)})) {
  require_fit(state_->key.get());
}
PolicyKey::PolicyKey(PolicyKey&&) noexcept = default;
PolicyKey& PolicyKey::operator=(PolicyKey&&) noexcept = default;
PolicyKey::~PolicyKey() = default;

std::string PolicyKey::public_half() const {
  const Bio memory(BIO_new(BIO_s_mem()));
  char* text = nullptr;
  IMAGEWRIGHT_ASSERT(memory != nullptr &&
                     PEM_write_bio_PUBKEY(memory.get(), state_->key.get()) == 1);
  const long size = BIO_get_mem_data(memory.get(), &text);
  return {text, static_cast<std::size_t>(size)};
}

std::string PolicyKey::fingerprint() const {
  unsigned char* raw = nullptr;
  const int size = i2d_PublicKey(state_->key.get(), &raw);
  IMAGEWRIGHT_ASSERT(size > 0);
  const std::string_view bytes(reinterpret_cast<const char*>(raw), static_cast<std::size_t>(size));
  std::string hex = base::digest_of(bytes).hex;
  OPENSSL_free(raw);
  return hex;
}

std::string PolicyKey::sign(std::string_view message) const {
  return signature_of(state_->key.get(), EVP_sha256(), message);
}

std::string register_policy(std::uint32_t pcr, const base::Digest& value) {
  IMAGEWRIGHT_ASSERT(pcr < k_selection_size * 8U);
  std::string selection(k_selection_size, '\0');
  selection[pcr / 8] = static_cast<char>(1U << (pcr % 8));
  const std::string before(base::digest_of("").hex.size() / 2, '\0');
  return bytes_of(base::digest_of(before + big_endian(k_policy_pcr) + big_endian(std::uint32_t{1}) +
                                  big_endian(identifier_of(value.algorithm)) +
                                  big_endian(k_selection_size) + selection +
                                  bytes_of(base::digest_of(bytes_of(value)))));
}

std::string signed_policies(const PolicyKey& key, std::uint32_t pcr,
                            const std::vector<base::Digest>& values) {
  const std::string fingerprint = key.fingerprint();
  json::Object banks;
  for (const auto bank : {base::DigestAlgorithm::sha256, base::DigestAlgorithm::sha384}) {
    json::Array policies;
    for (const base::Digest& value : values) {
      if (value.algorithm != bank) continue;
      const std::string policy = register_policy(pcr, value);
      policies.emplace_back(json::Object{{"pcrs", json::Array{json::Value(std::int64_t{pcr})}},
                                         {"pkfp", fingerprint},
                                         {"pol", hex_of(policy)},
                                         // Whatever the bank, the TPM is told of SHA-256.
                                         {"sig", base::to_base64(key.sign(policy))}});
    }
    if (!policies.empty())
      banks.emplace_back(std::string(base::to_string(bank)), std::move(policies));
  }
  return json::to_line(banks);
}

} // namespace imagewright::attest
