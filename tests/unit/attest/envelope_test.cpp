// SPDX-License-Identifier: MIT
#include <catch2/catch.hpp>

#include <imagewright/attest/envelope.hpp>
#include <imagewright/base/error.hpp>

using namespace imagewright;

namespace {

std::string envelope_of(const std::string& payload, const std::string& signature = "AA==") {
  return R"({"payloadType":"t","payload":")" + payload + R"(","signatures":[{"sig":")" + signature +
         R"("}]})";
}

std::string code_of(const std::string& text) {
  try {
    attest::parse_envelope(text, "file");
  } catch (const base::Error& error) {
    return error.diagnostic().code;
  }
  return "";
}

} // namespace

TEST_CASE("what is signed is type and payload with their lengths, as DSSE's own example has it") {
  CHECK(attest::signed_bytes("http://example.com/HelloWorld", "hello world") ==
        "DSSEv1 29 http://example.com/HelloWorld 11 hello world");
  CHECK(attest::signed_bytes("", "") == "DSSEv1 0  0 ");
}

TEST_CASE("an envelope that was written is read as it was") {
  for (const std::string& payload :
       {std::string(), std::string("a"), std::string("ab"), std::string("abc"),
        std::string("\0\xff\xfe", 3), std::string("abcd")}) {
    const attest::Envelope envelope{
        .payload_type = "type", .payload = payload, .signatures = {{"key", "\xfb\xff"}}};
    CHECK(attest::parse_envelope(attest::to_text(envelope), "file") == envelope);
  }
}

TEST_CASE("both alphabets of base64 are read, with padding and without") {
  CHECK(attest::parse_envelope(envelope_of("-_8="), "file").payload == "\xfb\xff");
  CHECK(attest::parse_envelope(envelope_of("+/8="), "file").payload == "\xfb\xff");
  CHECK(attest::parse_envelope(envelope_of("+/8"), "file").payload == "\xfb\xff");
}

TEST_CASE("what is no base64, or not the only way to write it, is no envelope") {
  for (const char* payload : {"a", "=", "ab=c", "ab c", "YQ===", "YR==", "YWJjZA=", "\\n"})
    CHECK(code_of(envelope_of(payload)) == "attest.damaged-envelope");
  CHECK(code_of(envelope_of("AA==", "!")) == "attest.damaged-envelope");
}
