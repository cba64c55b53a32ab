// SPDX-License-Identifier: MIT
#pragma once

// Flash with a firmware's variables, as EDK II keeps them.

#include <cstdint>
#include <string>
#include <string_view>

#include "measure/efi_program.hpp"
#include "tiny_program.hpp"

namespace imagewright_test {

using namespace std::string_literals;

inline std::string number(std::uint64_t value, std::size_t size) {
  std::string bytes(size, '\0');
  put(bytes, 0, value, size);
  return bytes;
}

/// One row of EDK II's store; state 0x3f is one that counts.
inline std::string row(const std::string& vendor, std::string_view name, const std::string& data,
                       char state = '\x3f') {
  std::string text;
  for (const char letter : name)
    text += {letter, '\0'};
  text += "\0\0"s;
  std::string bytes = "\xaa\x55"s + state + '\0' + std::string(32, '\0') + number(text.size(), 4) +
                      number(data.size(), 4) + vendor + text + data;
  bytes.resize((bytes.size() + 3) / 4 * 4, '\xff');
  return bytes;
}

inline std::string flash(const std::string& rows) {
  std::string bytes(0x48, '\0');
  bytes.replace(0x28, 4, "_FVH");
  put(bytes, 0x30, 0x48, 2);
  bytes += "\x78\x2c\xf3\xaa\x7b\x94\x9a\x43\xa1\x80\x2e\x14\x4e\xc3\x77\x92"s +
           number(28 + rows.size() + 64, 4) + std::string(8, '\0');
  return bytes + rows + std::string(64, '\xff');
}

inline std::string signatures(const std::string& type, const std::string& data) {
  return type + number(28 + 16 + data.size(), 4) + number(0, 4) + number(16 + data.size(), 4) +
         std::string(16, '\1') + data;
}

inline std::string digest_bytes(const std::string& program) {
  const std::string hex = imagewright::measure::EfiProgram(program, "x")
                              .authenticode_digests()
                              .at(imagewright::base::DigestAlgorithm::sha256)
                              .hex;
  std::string bytes;
  for (std::size_t at = 0; at < hex.size(); at += 2)
    bytes += static_cast<char>(std::stoi(hex.substr(at, 2), nullptr, 16));
  return bytes;
}

} // namespace imagewright_test
