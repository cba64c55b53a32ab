// SPDX-License-Identifier: MIT
#include "key_blocks.hpp"

#include <algorithm>
#include <array>
#include <string>

#include <imagewright/base/base64.hpp>
#include <imagewright/base/text.hpp>

namespace imagewright::repo {

namespace {

constexpr std::string_view k_begin = "-----BEGIN PGP PUBLIC KEY BLOCK-----";
constexpr std::string_view k_end = "-----END PGP PUBLIC KEY BLOCK-----";
constexpr unsigned k_secret_key = 5;
constexpr unsigned k_public_key = 6;
constexpr std::size_t k_no_length = static_cast<std::size_t>(-1);

/// Takes bytes from the front; nothing when there are too few.
class Bytes {
public:
  explicit Bytes(std::string_view bytes) : rest_(bytes) {}

  bool at_end() const { return rest_.empty(); }

  std::optional<std::size_t> number(std::size_t length) {
    if (rest_.size() < length) return std::nullopt;
    std::size_t value = 0;
    for (const char byte : rest_.substr(0, length))
      value = value << 8U | static_cast<unsigned char>(byte);
    rest_.remove_prefix(length);
    return value;
  }

  bool skip(std::size_t length) {
    if (rest_.size() < length) return false;
    rest_.remove_prefix(length);
    return true;
  }

private:
  std::string_view rest_;
};

/// RFC 9580, section 4.2: lengths of packets. Those of parts and without end are for data alone.
std::size_t length_of(Bytes& bytes, unsigned header) {
  if ((header & 0x40U) == 0) {
    const unsigned kind = header & 3U;
    return kind == 3 ? k_no_length : bytes.number(std::size_t{1} << kind).value_or(k_no_length);
  }
  const std::size_t first = bytes.number(1).value_or(k_no_length);
  if (first < 192) return first;
  if (first == 255) return bytes.number(4).value_or(k_no_length);
  if (first >= 224) return k_no_length;
  const auto second = bytes.number(1);
  return second ? ((first - 192) << 8U) + *second + 192 : k_no_length;
}

std::optional<std::size_t> primary_keys_in(std::string_view block) {
  Bytes bytes(block);
  std::size_t count = 0;
  while (!bytes.at_end()) {
    const auto header = static_cast<unsigned>(*bytes.number(1));
    if ((header & 0x80U) == 0) return std::nullopt;
    const unsigned tag = (header & 0x40U) != 0 ? header & 0x3FU : header >> 2U & 0xFU;
    const std::size_t length = length_of(bytes, header);
    if (length == k_no_length || !bytes.skip(length)) return std::nullopt;
    if (tag == k_public_key || tag == k_secret_key) ++count;
  }
  return count;
}

/// RFC 9580, section 6.1.1.
std::size_t crc24(std::string_view bytes) {
  std::size_t crc = 0xB704CEU;
  for (const char byte : bytes) {
    crc ^= std::size_t{static_cast<unsigned char>(byte)} << 16U;
    for (int bit = 0; bit < 8; ++bit) {
      crc <<= 1U;
      if ((crc & 0x1000000U) != 0) crc ^= 0x1864CFBU;
    }
  }
  return crc & 0xFFFFFFU;
}

/// The bytes of armor: section 6.2. Nothing when it is cut off, or not what its checksum says.
std::optional<std::string> bytes_of_armor(std::string_view armor) {
  const std::size_t end = armor.find(k_end);
  if (end == std::string_view::npos) return std::nullopt;
  std::string letters;
  std::optional<std::string> checksum;
  bool is_header = true;
  for (const std::string& line :
       base::split(armor.substr(k_begin.size(), end - k_begin.size()), '\n')) {
    const std::string_view text = base::trimmed(line);
    const bool is_checksum = text.size() == 5 && text.front() == '=';
    if (is_checksum) {
      checksum = base::from_base64(text.substr(1));
      if (!checksum) return std::nullopt;
    } else if (is_header && text.find(':') != std::string_view::npos) {
      continue;
    } else {
      is_header = is_header && text.empty();
      letters += text;
    }
  }
  auto bytes = base::from_base64(letters);
  if (bytes && checksum && crc24(*bytes) != Bytes(*checksum).number(3)) return std::nullopt;
  return bytes;
}

/// Whether something outside of the armor looks as if it had been one.
bool has_other_armor(std::string_view block, std::size_t start) {
  const std::size_t end = block.find(k_end, start);
  const std::string_view before = block.substr(0, start);
  const std::string_view behind =
      end == std::string_view::npos ? std::string_view() : block.substr(end + k_end.size());
  return std::ranges::any_of(std::array{before, behind}, [](std::string_view text) {
    return text.find("-----BEGIN ") != std::string_view::npos ||
           text.find("-----END ") != std::string_view::npos;
  });
}

} // namespace

std::vector<std::string_view> key_blocks_of(std::string_view content) {
  std::vector<std::string_view> blocks;
  std::size_t start = 0; // what stands before the first block belongs to it
  std::size_t begin = content.find(k_begin);
  while (begin != std::string_view::npos) {
    begin = content.find(k_begin, begin + k_begin.size());
    blocks.push_back(content.substr(start, std::min(begin, content.size()) - start));
    start = begin;
  }
  if (blocks.empty()) blocks.push_back(content);
  return blocks;
}

std::optional<std::size_t> key_count_of(std::string_view block) {
  const std::size_t begin = block.find(k_begin);
  std::optional<std::string> bytes;
  if (begin != std::string_view::npos) {
    if (has_other_armor(block, begin)) return std::nullopt;
    bytes = bytes_of_armor(block.substr(begin));
    if (!bytes) return std::nullopt;
  }
  const auto count = primary_keys_in(bytes ? std::string_view(*bytes) : block);
  return count && *count > 0 ? count : std::nullopt;
}

} // namespace imagewright::repo
