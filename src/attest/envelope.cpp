// SPDX-License-Identifier: MIT
#include <utility>

#include <fmt/format.h>

#include <imagewright/attest/envelope.hpp>
#include <imagewright/base/base64.hpp>
#include <imagewright/base/error.hpp>
#include <imagewright/base/text.hpp>
#include <imagewright/json/value.hpp>

namespace imagewright::attest {

namespace {

[[noreturn]] void damaged(const std::string& file, const std::string& why) {
  throw base::Error(base::FailureKind::verification, "attest.damaged-envelope",
                    fmt::format("{} is no signed statement: {}", base::quoted(file), why),
                    "copy it again, or sign again");
}

const std::string& text_of(const json::Value& object, std::string_view name,
                           const std::string& file) {
  const json::Value* value = object.find(name);
  const std::string* text = value != nullptr ? value->find_string() : nullptr;
  if (text == nullptr) damaged(file, fmt::format("it has no {}", base::quoted(name)));
  return *text;
}

std::string decoded(const json::Value& object, std::string_view name, const std::string& file) {
  auto bytes = base::from_base64(text_of(object, name, file));
  if (!bytes) damaged(file, fmt::format("its {} is no base64", base::quoted(name)));
  return *std::move(bytes);
}

json::Value parsed(std::string_view text, const std::string& file) {
  try {
    return json::parse(text, file);
  } catch (const base::Error& error) {
    damaged(file, error.diagnostic().message);
  }
}

} // namespace

std::string signed_bytes(std::string_view payload_type, std::string_view payload) {
  return fmt::format("DSSEv1 {} {} {} {}", payload_type.size(), payload_type, payload.size(),
                     payload);
}

Envelope seal(std::string payload_type, std::string payload, const SigningKey& key) {
  EnvelopeSignature signature{key.identifier(), key.sign(signed_bytes(payload_type, payload))};
  return {std::move(payload_type), std::move(payload), {std::move(signature)}};
}

const VerificationKey* find_signer(const Envelope& envelope,
                                   const std::vector<VerificationKey>& keys) {
  const std::string message = signed_bytes(envelope.payload_type, envelope.payload);
  for (const EnvelopeSignature& signature : envelope.signatures) {
    for (const VerificationKey& key : keys) {
      if (key.verifies(message, signature.bytes)) return &key;
    }
  }
  return nullptr;
}

std::string to_text(const Envelope& envelope) {
  json::Array signatures;
  for (const EnvelopeSignature& signature : envelope.signatures) {
    signatures.push_back(json::Object{{"keyid", signature.key_identifier},
                                      {"sig", base::to_base64(signature.bytes)}});
  }
  return json::to_line(json::Object{{"payloadType", envelope.payload_type},
                                    {"payload", base::to_base64(envelope.payload)},
                                    {"signatures", std::move(signatures)}}) +
         "\n";
}

Envelope parse_envelope(std::string_view text, const std::string& file) {
  const json::Value document = parsed(text, file);
  Envelope envelope{.payload_type = text_of(document, "payloadType", file),
                    .payload = decoded(document, "payload", file),
                    .signatures = {}};
  const json::Value* list = document.find("signatures");
  const json::Array* signatures = list != nullptr ? list->find_array() : nullptr;
  if (signatures == nullptr || signatures->empty()) damaged(file, "nobody signed it");
  for (const json::Value& signature : *signatures) {
    const bool is_named = signature.find("keyid") != nullptr;
    envelope.signatures.push_back({is_named ? text_of(signature, "keyid", file) : std::string(),
                                   decoded(signature, "sig", file)});
  }
  return envelope;
}

} // namespace imagewright::attest
