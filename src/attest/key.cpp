// SPDX-License-Identifier: MIT
#include <utility>

#include <openssl/err.h>

#include <imagewright/attest/key.hpp>
#include <imagewright/base/error.hpp>

#include "openssl_key.hpp"

namespace imagewright::attest {

namespace {

const unsigned char* bytes_of(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

/// A key of a kind that statements are signed with.
Pkey statement_key(const KeyPlace& place, KeyHalf half) {
  Pkey key = load_key(place, half);
  algorithm_of(key.get());
  return key;
}

} // namespace

std::string_view to_string(KeyAlgorithm algorithm) {
  switch (algorithm) {
  case KeyAlgorithm::ed25519:
    return "ed25519";
  case KeyAlgorithm::ecdsa_p256:
    return "ecdsa-p256";
  }
  throw base::BugError("unknown algorithm of keys");
}

struct SigningKey::State {
  Pkey key;
};

SigningKey::SigningKey(const KeyPlace& place)
    : state_(std::make_unique<State>(State{statement_key(place, KeyHalf::secret)})) {}
SigningKey::SigningKey(SigningKey&&) noexcept = default;
SigningKey& SigningKey::operator=(SigningKey&&) noexcept = default;
SigningKey::~SigningKey() = default;

KeyAlgorithm SigningKey::algorithm() const {
  return algorithm_of(state_->key.get());
}

std::string SigningKey::identifier() const {
  return identifier_of(state_->key.get());
}

std::string SigningKey::sign(std::string_view message) const {
  return signature_of(state_->key.get(), digest_for(algorithm()), message);
}

struct VerificationKey::State {
  Pkey key;
};

VerificationKey::VerificationKey(const KeyPlace& place)
    : state_(std::make_unique<State>(State{statement_key(place, KeyHalf::open)})) {}
VerificationKey::VerificationKey(VerificationKey&&) noexcept = default;
VerificationKey& VerificationKey::operator=(VerificationKey&&) noexcept = default;
VerificationKey::~VerificationKey() = default;

std::string VerificationKey::identifier() const {
  return identifier_of(state_->key.get());
}

bool VerificationKey::verifies(std::string_view message, std::string_view signature) const {
  const DigestContext context(EVP_MD_CTX_new());
  IMAGEWRIGHT_ASSERT(context != nullptr);
  EVP_PKEY* key = state_->key.get();
  const bool is_good = EVP_DigestVerifyInit(context.get(), nullptr, digest_for(algorithm_of(key)),
                                            nullptr, key) == 1 &&
                       EVP_DigestVerify(context.get(), bytes_of(signature), signature.size(),
                                        bytes_of(message), message.size()) == 1;
  ERR_clear_error();
  return is_good;
}

} // namespace imagewright::attest
