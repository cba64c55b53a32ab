// SPDX-License-Identifier: MIT
#include "authenticode.hpp"

#include <algorithm>
#include <limits>
#include <memory>

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/objects.h>
#include <openssl/pkcs7.h>
#include <openssl/x509_vfy.h>
#include <openssl/x509v3.h>

#include <imagewright/base/freeing.hpp>

namespace imagewright::measure {

namespace {

using base::Freeing;
using Pkcs7 = std::unique_ptr<PKCS7, Freeing<PKCS7_free>>;
using Certificate = std::unique_ptr<X509, Freeing<X509_free>>;
using Store = std::unique_ptr<X509_STORE, Freeing<X509_STORE_free>>;
using Bio = std::unique_ptr<BIO, Freeing<BIO_free_all>>;

/// SPC_INDIRECT_DATA_OBJID
constexpr std::string_view k_indirect_data = "1.3.6.1.4.1.311.2.1.4";

const unsigned char* bytes_of(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

long size_of(std::string_view text) {
  return text.size() > std::numeric_limits<int>::max() ? 0 : static_cast<long>(text.size());
}

/// What is signed: SpcIndirectDataContent without its outermost tag and length.
std::string_view content_of(const PKCS7& signature) {
  if (OBJ_obj2nid(signature.type) != NID_pkcs7_signed) return {};
  const PKCS7* inner = signature.d.sign == nullptr ? nullptr : signature.d.sign->contents;
  char type[64] = {};
  if (inner == nullptr || OBJ_obj2txt(type, sizeof type, inner->type, 1) <= 0 ||
      std::string_view(type) != k_indirect_data)
    return {};
  if (inner->d.other == nullptr || inner->d.other->type != V_ASN1_SEQUENCE) return {};
  const ASN1_STRING* value = inner->d.other->value.sequence;
  const unsigned char* at = ASN1_STRING_get0_data(value);
  const long length = ASN1_STRING_length(value);
  const unsigned char* body = at;
  long body_length = 0;
  int tag = 0;
  int kind = 0;
  if ((static_cast<unsigned>(ASN1_get_object(&body, &body_length, &tag, &kind, length)) & 0x80U) !=
          0 ||
      tag != V_ASN1_SEQUENCE)
    return {};
  return {reinterpret_cast<const char*>(body), static_cast<std::size_t>(body_length)};
}

/// The digest that is signed is the last thing of it.
bool names_digest(std::string_view content, const EfiProgram& program) {
  for (const auto& [algorithm, digest] : program.authenticode_digests()) {
    const auto size = std::min(content.size(), digest.hex.size() / 2);
    const auto last = std::as_bytes(std::span(content)).last(size);
    if (base::to_hex(last) == digest.hex) return true;
  }
  return false;
}

bool is_verified(PKCS7& signature, std::string_view content, X509& certificate) {
  const Store store(X509_STORE_new());
  if (!store || X509_STORE_add_cert(store.get(), &certificate) != 1) return false;
  X509_STORE_set_flags(store.get(), X509_V_FLAG_PARTIAL_CHAIN | X509_V_FLAG_NO_CHECK_TIME);
  X509_STORE_set_purpose(store.get(), X509_PURPOSE_ANY);
  const Bio data(BIO_new_mem_buf(content.data(), static_cast<int>(content.size())));
  return data &&
         PKCS7_verify(&signature, nullptr, store.get(), data.get(), nullptr, PKCS7_BINARY) == 1;
}

} // namespace

bool is_signed_by(const EfiProgram& program, std::string_view signature,
                  std::string_view certificate) {
  const unsigned char* at = bytes_of(signature);
  const Pkcs7 parsed(d2i_PKCS7(nullptr, &at, size_of(signature)));
  at = bytes_of(certificate);
  const Certificate trusted(d2i_X509(nullptr, &at, size_of(certificate)));
  bool is_right = false;
  if (parsed && trusted) {
    const std::string_view content = content_of(*parsed);
    is_right = !content.empty() && names_digest(content, program) &&
               is_verified(*parsed, content, *trusted);
  }
  ERR_clear_error(); // "no" is an answer
  return is_right;
}

} // namespace imagewright::measure
