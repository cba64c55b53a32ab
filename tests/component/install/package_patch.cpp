// SPDX-License-Identifier: MIT
#include "package_patch.hpp"

#include <cstdint>
#include <fstream>

#include <imagewright_test/scratch.hpp>

#include <catch2/catch.hpp>

#include <imagewright/base/digest.hpp>
#include <imagewright/fs/file.hpp>
#include <imagewright/process/command_runner.hpp>

namespace imagewright_test {

using namespace imagewright;

namespace {

// RPM documentation, "Package format": a lead of 96 bytes; the signature header, padded to 8; the
// header; the payload.
constexpr std::size_t k_lead_size = 96;

std::uint32_t number_at(const std::string& bytes, std::size_t offset) {
  std::uint32_t value = 0;
  for (std::size_t index = 0; index < 4; ++index)
    value = value << 8U | static_cast<unsigned char>(bytes.at(offset + index));
  return value;
}

/// After the magic of 8 bytes: how many entries of 16 bytes, how many bytes of data.
std::size_t header_size(const std::string& bytes, std::size_t start) {
  return 16 + std::size_t{16} * number_at(bytes, start + 8) + number_at(bytes, start + 12);
}

int replace_all(std::string& bytes, const std::string& from, const std::string& to) {
  REQUIRE(from.size() == to.size());
  int count = 0;
  for (std::size_t at = bytes.find(from); at != std::string::npos; at = bytes.find(from, at)) {
    bytes.replace(at, from.size(), to);
    at += to.size();
    ++count;
  }
  return count;
}

/// In hexadecimal digits, by a program of the host.
std::string digest_by(const std::string& program, const std::string& bytes) {
  const ScratchDirectory scratch;
  const auto path = scratch.write("bytes", bytes);
  const base::Cancellation never;
  process::HostCommandRunner runner(never);
  const auto result = runner.run({.argv = {program, path.string()}});
  REQUIRE(result.exit_code == 0);
  return result.standard_output.substr(0, result.standard_output.find(' '));
}

std::string bytes_of(const std::string& hex) {
  std::string bytes;
  for (std::size_t index = 0; index < hex.size(); index += 2)
    bytes += static_cast<char>(std::stoi(hex.substr(index, 2), nullptr, 16));
  return bytes;
}

} // namespace

void patch_package(model::PackageFile& file, const std::string& from, const std::string& to) {
  const std::string whole = read_text(file.path);
  const std::size_t start = (k_lead_size + header_size(whole, k_lead_size) + 7) / 8 * 8;
  const std::size_t payload_start = start + header_size(whole, start);
  std::string signature = whole.substr(0, start);
  const std::string old_header = whole.substr(start, payload_start - start);
  const std::string old_payload = whole.substr(payload_start);
  std::string header = old_header;
  std::string payload = old_payload;
  // The header has directories and last parts apart; the payload has them together.
  replace_all(header, from, to);
  REQUIRE(replace_all(payload, from, to) > 0);
  replace_all(header, base::digest_of(old_payload).hex, base::digest_of(payload).hex);
  REQUIRE(header != old_header);
  REQUIRE(replace_all(signature, base::digest_of(old_header).hex, base::digest_of(header).hex) ==
          1);
  replace_all(signature, digest_by("sha1sum", old_header), digest_by("sha1sum", header));
  replace_all(signature, bytes_of(digest_by("md5sum", old_header + old_payload)),
              bytes_of(digest_by("md5sum", header + payload)));
  std::ofstream(file.path, std::ios::binary) << signature << header << payload;
  file.package.checksum = fs::digest_of_file(file.path);
}

} // namespace imagewright_test
