// SPDX-License-Identifier: MIT
#pragma once

// Finding a key through OpenSSL's store, and what both kinds of keys share.

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include <openssl/evp.h>

#include <imagewright/attest/key.hpp>

namespace imagewright::attest {

struct PkeyDeleter {
  void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
};
using Pkey = std::unique_ptr<EVP_PKEY, PkeyDeleter>;

struct DigestContextDeleter {
  void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
};
using DigestContext = std::unique_ptr<EVP_MD_CTX, DigestContextDeleter>;

enum class KeyHalf : std::uint8_t { secret, open };

/// The first key of that half. Throws base::Error (attest.no-key, attest.locked-key,
/// attest.unfit-key, attest.no-provider).
Pkey load_key(const KeyPlace& place, KeyHalf half);

/// Throws base::Error (attest.unfit-key) for any other.
KeyAlgorithm algorithm_of(EVP_PKEY* key);
std::string identifier_of(EVP_PKEY* key);
/// What a signature of that kind is over: null where the scheme has a digest of its own.
const EVP_MD* digest_for(KeyAlgorithm algorithm);
/// Throws base::Error (attest.cannot-sign).
std::string signature_of(EVP_PKEY* key, const EVP_MD* digest, std::string_view message);

} // namespace imagewright::attest
