// SPDX-License-Identifier: MIT
#include "openpgp.hpp"

#include <algorithm>
#include <utility>

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>

#include <imagewright/base/error.hpp>
#include <imagewright/base/freeing.hpp>

#include "openpgp_packets.hpp"

namespace imagewright::drift {

namespace {

using base::Freeing;
using Pkey = std::unique_ptr<EVP_PKEY, Freeing<EVP_PKEY_free>>;
using PkeyContext = std::unique_ptr<EVP_PKEY_CTX, Freeing<EVP_PKEY_CTX_free>>;
using DigestContext = std::unique_ptr<EVP_MD_CTX, Freeing<EVP_MD_CTX_free>>;
using BigNumber = std::unique_ptr<BIGNUM, Freeing<BN_free>>;
using ParameterBuilder = std::unique_ptr<OSSL_PARAM_BLD, Freeing<OSSL_PARAM_BLD_free>>;
using Parameters = std::unique_ptr<OSSL_PARAM, Freeing<OSSL_PARAM_free>>;

/// Shorter moduli can be taken apart.
constexpr int k_smallest_modulus = 2048;
/// Longer ones only cost time.
constexpr std::size_t k_largest_modulus_bytes = 2048;

const unsigned char* bytes_of(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

BigNumber big_number(const std::string& bytes) {
  return BigNumber(BN_bin2bn(bytes_of(bytes), static_cast<int>(bytes.size()), nullptr));
}

Pkey rsa_key(const KeyPacket& packet) {
  if (packet.numbers[0].size() > k_largest_modulus_bytes || packet.numbers[1].size() > 8)
    return nullptr;
  const BigNumber modulus = big_number(packet.numbers[0]);
  const BigNumber exponent = big_number(packet.numbers[1]);
  if (!modulus || !exponent || BN_num_bits(modulus.get()) < k_smallest_modulus) return nullptr;
  const ParameterBuilder builder(OSSL_PARAM_BLD_new());
  OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_N, modulus.get());
  OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_E, exponent.get());
  const Parameters parameters(OSSL_PARAM_BLD_to_param(builder.get()));
  const PkeyContext context(EVP_PKEY_CTX_new_from_name(nullptr, "RSA", nullptr));
  EVP_PKEY* key = nullptr;
  if (EVP_PKEY_fromdata_init(context.get()) == 1)
    EVP_PKEY_fromdata(context.get(), &key, EVP_PKEY_PUBLIC_KEY, parameters.get());
  return Pkey(key);
}

Pkey key_from(const KeyPacket& packet) {
  if (packet.kind == KeyKind::rsa) return rsa_key(packet);
  const std::string& point = packet.numbers.front();
  return Pkey(
      EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, nullptr, bytes_of(point), point.size()));
}

/// SHA-2 only: collisions in the older ones can be made.
const EVP_MD* digest_of(std::uint8_t algorithm) {
  switch (algorithm) {
  case 8:
    return EVP_sha256();
  case 9:
    return EVP_sha384();
  case 10:
    return EVP_sha512();
  case 11:
    return EVP_sha224();
  default:
    return nullptr;
  }
}

/// A number with the zeros that were left out.
std::string padded(const std::string& number, std::size_t size) {
  if (number.size() >= size) return number;
  return std::string(size - number.size(), '\0') + number;
}

bool verifies_rsa(EVP_PKEY* key, const EVP_MD* digest, const std::string& message,
                  const SignaturePacket& signature) {
  const std::string number =
      padded(signature.numbers.front(), static_cast<std::size_t>(EVP_PKEY_get_size(key)));
  const DigestContext context(EVP_MD_CTX_new());
  return EVP_DigestVerifyInit(context.get(), nullptr, digest, nullptr, key) == 1 &&
         EVP_DigestVerify(context.get(), bytes_of(number), number.size(), bytes_of(message),
                          message.size()) == 1;
}

/// Here the curve's own scheme signs a digest (draft-ietf-openpgp-rfc4880bis, 13.3).
bool verifies_ed25519(EVP_PKEY* key, const EVP_MD* digest, const std::string& message,
                      const SignaturePacket& signature) {
  std::string hash(EVP_MAX_MD_SIZE, '\0');
  unsigned int size = 0;
  if (EVP_Digest(message.data(), message.size(), reinterpret_cast<unsigned char*>(hash.data()),
                 &size, digest, nullptr) != 1)
    return false;
  const std::string number = padded(signature.numbers[0], 32) + padded(signature.numbers[1], 32);
  const DigestContext context(EVP_MD_CTX_new());
  return EVP_DigestVerifyInit(context.get(), nullptr, nullptr, nullptr, key) == 1 &&
         EVP_DigestVerify(context.get(), bytes_of(number), number.size(), bytes_of(hash), size) ==
             1;
}

} // namespace

struct KeyRing::State {
  std::vector<std::pair<KeyKind, Pkey>> keys;
};

KeyRing::KeyRing(const std::vector<audit::PackageKey>& keys) : state_(std::make_unique<State>()) {
  for (const audit::PackageKey& key : keys) {
    for (const Packet& packet : packets_in(key.packets)) {
      const bool is_key = packet.tag == static_cast<std::uint8_t>(PacketTag::public_key) ||
                          packet.tag == static_cast<std::uint8_t>(PacketTag::public_subkey);
      const auto parsed = is_key ? parse_key(packet.body) : std::nullopt;
      Pkey pkey = parsed ? key_from(*parsed) : nullptr;
      if (pkey) state_->keys.emplace_back(parsed->kind, std::move(pkey));
    }
  }
  ERR_clear_error();
}

KeyRing::KeyRing(KeyRing&&) noexcept = default;
KeyRing& KeyRing::operator=(KeyRing&&) noexcept = default;
KeyRing::~KeyRing() = default;

bool KeyRing::is_empty() const {
  return state_->keys.empty();
}

bool KeyRing::verifies(std::string_view bytes, std::string_view signature) const {
  const std::vector<Packet> packets = packets_in(signature);
  if (packets.size() != 1 || packets.front().tag != static_cast<std::uint8_t>(PacketTag::signature))
    return false;
  const auto parsed = parse_signature(packets.front().body);
  const EVP_MD* digest = parsed ? digest_of(parsed->digest_algorithm) : nullptr;
  if (digest == nullptr) return false;
  const std::string message = std::string(bytes) + parsed->trailer;
  const bool is_good = std::any_of(state_->keys.begin(), state_->keys.end(), [&](const auto& key) {
    if (key.first != parsed->kind) return false;
    return key.first == KeyKind::rsa ? verifies_rsa(key.second.get(), digest, message, *parsed)
                                     : verifies_ed25519(key.second.get(), digest, message, *parsed);
  });
  ERR_clear_error();
  return is_good;
}

} // namespace imagewright::drift
