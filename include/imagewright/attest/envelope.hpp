// SPDX-License-Identifier: MIT
#pragma once

// DSSE envelopes: a text, what kind of text it is, and signatures over both.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <imagewright/attest/key.hpp>

namespace imagewright::attest {

/// One signature of an envelope.
struct EnvelopeSignature {
  std::string key_identifier; ///< what the signer says; nothing vouches for it
  std::string bytes;

  bool operator==(const EnvelopeSignature&) const = default;
};

/// DSSE 1.0.2.
struct Envelope {
  std::string payload_type;
  std::string payload;
  std::vector<EnvelopeSignature> signatures;

  bool operator==(const Envelope&) const = default;
};

/// What signatures are over: type and payload, each with its length, so that neither can be taken
/// for a piece of the other.
std::string signed_bytes(std::string_view payload_type, std::string_view payload);

Envelope seal(std::string payload_type, std::string payload, const SigningKey& key);

/// The key, of those given, that one of the signatures is of; null when none is.
const VerificationKey* find_signer(const Envelope& envelope,
                                   const std::vector<VerificationKey>& keys);

/// One line of JSON with a newline: what *.intoto.jsonl holds.
std::string to_text(const Envelope& envelope);
/// Base64 of both alphabets. Throws base::Error (attest.damaged-envelope); `file` is for messages.
Envelope parse_envelope(std::string_view text, const std::string& file);

} // namespace imagewright::attest
