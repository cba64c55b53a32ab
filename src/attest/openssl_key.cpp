// SPDX-License-Identifier: MIT
#include "openssl_key.hpp"

#include <algorithm>
#include <array>
#include <cstring>
#include <filesystem>
#include <optional>
#include <span>
#include <utility>

#include <fmt/format.h>
#include <openssl/err.h>
#include <openssl/provider.h>
#include <openssl/store.h>
#include <openssl/ui.h>
#include <openssl/x509.h>

#include <imagewright/base/digest.hpp>
#include <imagewright/base/error.hpp>
#include <imagewright/base/text.hpp>

namespace imagewright::attest {

namespace {

struct StoreCloser {
  void operator()(OSSL_STORE_CTX* store) const { OSSL_STORE_close(store); }
};
struct InfoDeleter {
  void operator()(OSSL_STORE_INFO* info) const { OSSL_STORE_INFO_free(info); }
};
struct MethodDeleter {
  void operator()(UI_METHOD* method) const { UI_destroy_method(method); }
};
using Store = std::unique_ptr<OSSL_STORE_CTX, StoreCloser>;
using Method = std::unique_ptr<UI_METHOD, MethodDeleter>;

/// What OpenSSL asks for while it opens a key, and what it is told.
struct Question {
  const std::optional<std::string>& passphrase;
  bool was_asked = false;
};

int answer(char* buffer, int size, int, void* data) {
  auto* question = static_cast<Question*>(data);
  question->was_asked = true;
  const auto& passphrase = question->passphrase;
  if (!passphrase || size < 0 || passphrase->size() > static_cast<std::size_t>(size)) return -1;
  std::memcpy(buffer, passphrase->data(), passphrase->size());
  return static_cast<int>(passphrase->size());
}

[[noreturn]] void refuse(const char* code, const KeyPlace& place, const std::string& why,
                         std::string hint) {
  throw base::Error(base::FailureKind::input, code,
                    fmt::format("the key {} {}", base::quoted(place.location), why),
                    std::move(hint));
}

void load_providers(const KeyPlace& place) {
  // What the configuration of this host says about providers holds.
  OPENSSL_init_crypto(OPENSSL_INIT_LOAD_CONFIG, nullptr);
  if (place.providers.empty()) return;
  // Once one is named, the default one is there only when it is named, too. They stay: a key may
  // need its provider as long as it lives.
  OSSL_PROVIDER_load(nullptr, "default");
  for (const std::string& name : place.providers) {
    if (OSSL_PROVIDER_load(nullptr, name.c_str()) != nullptr) continue;
    throw base::Error(base::FailureKind::host, "attest.no-provider",
                      fmt::format("OpenSSL has no provider {}", base::quoted(name)),
                      "install it, or name it as OpenSSL's configuration does");
  }
}

/// A word, a colon: what a file's name seldom has (RFC 3986, section 3.1).
bool is_uri(const std::string& location) {
  const std::size_t colon = location.find(':');
  return colon != std::string::npos && colon > 1 &&
         std::all_of(location.begin(), location.begin() + static_cast<std::ptrdiff_t>(colon),
                     [](char c) {
                       return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '+' ||
                              c == '-' || c == '.';
                     });
}

std::string address_of(const KeyPlace& place) {
  std::error_code error;
  const bool is_file = std::filesystem::is_regular_file(place.location, error);
  if (!is_file && is_uri(place.location)) return place.location;
  if (!is_file) {
    const bool is_there = std::filesystem::exists(place.location, error);
    refuse("attest.no-key", place, is_there ? "is no file" : "is not there",
           "give a PEM file, or a URI");
  }
  return std::filesystem::absolute(place.location).string();
}

Pkey taken_from(OSSL_STORE_INFO* info, KeyHalf half) {
  const int type = OSSL_STORE_INFO_get_type(info);
  if (half == KeyHalf::secret && type == OSSL_STORE_INFO_PKEY)
    return Pkey(OSSL_STORE_INFO_get1_PKEY(info));
  if (half == KeyHalf::open && type == OSSL_STORE_INFO_PUBKEY)
    return Pkey(OSSL_STORE_INFO_get1_PUBKEY(info));
  return nullptr;
}

/// What else was there, when no key was.
struct Search {
  Pkey key;
  bool has_other_half = false;
};

Search search(OSSL_STORE_CTX* store, KeyHalf half) {
  Search found;
  const int other = half == KeyHalf::secret ? OSSL_STORE_INFO_PUBKEY : OSSL_STORE_INFO_PKEY;
  while (!found.key && OSSL_STORE_eof(store) == 0) {
    const std::unique_ptr<OSSL_STORE_INFO, InfoDeleter> info(OSSL_STORE_load(store));
    if (!info) {
      if (OSSL_STORE_error(store) != 0) break;
      continue;
    }
    found.key = taken_from(info.get(), half);
    found.has_other_half |= OSSL_STORE_INFO_get_type(info.get()) == other;
  }
  return found;
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

Pkey load_key(const KeyPlace& place, KeyHalf half) {
  const std::string address = address_of(place);
  load_providers(place);
  Question question{.passphrase = place.passphrase};
  const Method method(UI_UTIL_wrap_read_pem_callback(&answer, 0));
  const Store store(OSSL_STORE_open(address.c_str(), method.get(), &question, nullptr, nullptr));
  Search found = store ? search(store.get(), half) : Search{};
  ERR_clear_error();
  if (!found.key && question.was_asked) {
    refuse("attest.locked-key", place,
           place.passphrase ? "does not open with this passphrase" : "is locked",
           "give its passphrase or PIN with --passphrase-file");
  }
  if (!found.key && found.has_other_half) {
    refuse("attest.unfit-key", place,
           half == KeyHalf::secret ? "is a public key, which cannot sign"
                                   : "is a private key, which only the signer needs",
           half == KeyHalf::secret ? "give the private key"
                                   : "make the public one of it: openssl pkey -pubout");
  }
  if (!found.key) {
    refuse("attest.no-key", place,
           half == KeyHalf::secret ? "holds no private key that OpenSSL can read"
                                   : "holds no public key that OpenSSL can read",
           "give a PEM file, or a URI of a provider that is installed and configured");
  }
  return std::move(found.key);
}

KeyAlgorithm algorithm_of(EVP_PKEY* key) {
  if (EVP_PKEY_is_a(key, "ED25519") == 1) return KeyAlgorithm::ed25519;
  std::array<char, 64> group{};
  if (EVP_PKEY_is_a(key, "EC") == 1 &&
      EVP_PKEY_get_group_name(key, group.data(), group.size(), nullptr) == 1) {
    const std::string_view name(group.data());
    if (name == "prime256v1" || name == "P-256") return KeyAlgorithm::ecdsa_p256;
  }
  throw base::Error(base::FailureKind::input, "attest.unfit-key",
                    "the key is neither ed25519 nor of the curve P-256",
                    "make one: openssl genpkey -algorithm ed25519 -out key.pem");
}

std::string identifier_of(EVP_PKEY* key) {
  unsigned char* raw = nullptr;
  const int size = i2d_PUBKEY(key, &raw);
  IMAGEWRIGHT_ASSERT(size > 0);
  const std::unique_ptr<unsigned char, void (*)(unsigned char*)> owner(
      raw, [](unsigned char* bytes) { OPENSSL_free(bytes); });
  base::Hasher hasher;
  hasher.update(std::as_bytes(std::span(raw, static_cast<std::size_t>(size))));
  return hasher.finish().hex;
}

const EVP_MD* digest_for(KeyAlgorithm algorithm) {
  switch (algorithm) {
  case KeyAlgorithm::ed25519:
    return nullptr;
  case KeyAlgorithm::ecdsa_p256:
    return EVP_sha256();
  }
  throw base::BugError("unknown algorithm of keys");
}

std::string signature_of(EVP_PKEY* key, const EVP_MD* digest, std::string_view message) {
  const DigestContext context(EVP_MD_CTX_new());
  IMAGEWRIGHT_ASSERT(context != nullptr);
  const auto* bytes = reinterpret_cast<const unsigned char*>(message.data());
  std::size_t size = 0;
  if (EVP_DigestSignInit(context.get(), nullptr, digest, nullptr, key) != 1 ||
      EVP_DigestSign(context.get(), nullptr, &size, bytes, message.size()) != 1)
    throw_cannot_sign();
  std::string signature(size, '\0');
  if (EVP_DigestSign(context.get(), reinterpret_cast<unsigned char*>(signature.data()), &size,
                     bytes, message.size()) != 1)
    throw_cannot_sign();
  signature.resize(size);
  return signature;
}

} // namespace imagewright::attest
