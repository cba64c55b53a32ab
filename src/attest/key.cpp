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

[[noreturn]] void throw_cannot_sign() {
  const char* reason = ERR_reason_error_string(ERR_peek_last_error());
  ERR_clear_error();
  throw base::Error(base::FailureKind::host, "attest.cannot-sign",
                    std::string("the key does not sign: ") +
                        (reason != nullptr ? reason : "OpenSSL does not say why"),
                    "look whether the token is there and allows signing");
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
    : state_(std::make_unique<State>(State{load_key(place, KeyHalf::secret)})) {}
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
  const DigestContext context(EVP_MD_CTX_new());
  IMAGEWRIGHT_ASSERT(context != nullptr);
  std::size_t size = 0;
  if (EVP_DigestSignInit(context.get(), nullptr, digest_for(algorithm()), nullptr,
                         state_->key.get()) != 1 ||
      EVP_DigestSign(context.get(), nullptr, &size, bytes_of(message), message.size()) != 1)
    throw_cannot_sign();
  std::string signature(size, '\0');
  if (EVP_DigestSign(context.get(), reinterpret_cast<unsigned char*>(signature.data()), &size,
                     bytes_of(message), message.size()) != 1)
    throw_cannot_sign();
  signature.resize(size);
  return signature;
}

struct VerificationKey::State {
  Pkey key;
};

VerificationKey::VerificationKey(const KeyPlace& place)
    : state_(std::make_unique<State>(State{load_key(place, KeyHalf::open)})) {}
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
