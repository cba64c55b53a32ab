// SPDX-License-Identifier: MIT
#include "action_result.hpp"

#include <utility>

namespace imagewright::depot {

namespace {

// Protocol Buffers, encoding: a tag is the number of a field and its wire type; these are of
// build.bazel.remote.execution.v2.
constexpr std::uint64_t k_varint = 0;
constexpr std::uint64_t k_fixed64 = 1;
constexpr std::uint64_t k_bytes = 2;
constexpr std::uint64_t k_fixed32 = 5;
constexpr std::uint64_t k_output_files = 2; // of ActionResult
constexpr std::uint64_t k_path = 1;         // of OutputFile
constexpr std::uint64_t k_digest = 2;       // of OutputFile
constexpr std::uint64_t k_hash = 1;         // of Digest
constexpr std::uint64_t k_size = 2;         // of Digest
constexpr unsigned k_longest_varint = 10;

void add_varint(std::string& bytes, std::uint64_t value) {
  for (; value >= 0x80; value >>= 7)
    bytes += static_cast<char>((value & 0x7f) | 0x80);
  bytes += static_cast<char>(value);
}

void add_bytes(std::string& bytes, std::uint64_t field, std::string_view value) {
  add_varint(bytes, field << 3 | k_bytes);
  add_varint(bytes, value.size());
  bytes += value;
}

struct Field {
  std::uint64_t number = 0;
  std::uint64_t value = 0; ///< of a varint
  std::string_view bytes;  ///< of everything that has a length
};

/// Reads one field after the other.
class Fields {
public:
  explicit Fields(std::string_view bytes) : rest_(bytes) {}

  bool is_sound() const { return is_sound_; }

  /// Nothing at the end, and where the message is damaged.
  std::optional<Field> next() {
    if (rest_.empty() || !is_sound_) return std::nullopt;
    const std::uint64_t tag = varint();
    Field field{.number = tag >> 3, .value = 0, .bytes = {}};
    switch (tag & 7) {
    case k_varint:
      field.value = varint();
      break;
    case k_fixed64:
      take(8);
      break;
    case k_bytes:
      field.bytes = take(varint());
      break;
    case k_fixed32:
      take(4);
      break;
    default:
      is_sound_ = false;
    }
    if (!is_sound_) return std::nullopt;
    return field;
  }

private:
  std::uint64_t varint() {
    std::uint64_t value = 0;
    for (unsigned index = 0; index < k_longest_varint && index < rest_.size(); ++index) {
      const auto byte = static_cast<unsigned char>(rest_[index]);
      value |= static_cast<std::uint64_t>(byte & 0x7f) << (7 * index);
      if (byte >= 0x80) continue;
      rest_.remove_prefix(index + 1);
      return value;
    }
    is_sound_ = false;
    return 0;
  }

  std::string_view take(std::uint64_t length) {
    if (length > rest_.size()) {
      is_sound_ = false;
      return {};
    }
    const std::string_view taken = rest_.substr(0, static_cast<std::size_t>(length));
    rest_.remove_prefix(taken.size());
    return taken;
  }

  std::string_view rest_;
  bool is_sound_ = true;
};

bool read_digest(std::string_view bytes, DepotFile& file) {
  Fields fields(bytes);
  while (const auto field = fields.next()) {
    if (field->number == k_hash) {
      const auto digest = base::Digest::parse("sha256:" + std::string(field->bytes));
      if (!digest) return false;
      file.digest = *digest;
    }
    if (field->number == k_size) file.size = field->value;
  }
  return fields.is_sound();
}

std::optional<DepotFile> output_file(std::string_view bytes) {
  DepotFile file;
  Fields fields(bytes);
  while (const auto field = fields.next()) {
    if (field->number == k_path) file.name = std::string(field->bytes);
    if (field->number == k_digest && !read_digest(field->bytes, file)) return std::nullopt;
  }
  if (!fields.is_sound() || file.digest.hex.empty()) return std::nullopt;
  return file;
}

} // namespace

std::string action_result(const std::vector<DepotFile>& files) {
  std::string result;
  for (const DepotFile& file : files) {
    std::string digest;
    add_bytes(digest, k_hash, file.digest.hex);
    add_varint(digest, k_size << 3 | k_varint);
    add_varint(digest, file.size);
    std::string output;
    add_bytes(output, k_path, file.name);
    add_bytes(output, k_digest, digest);
    add_bytes(result, k_output_files, output);
  }
  return result;
}

std::optional<std::vector<DepotFile>> files_of_action_result(std::string_view bytes) {
  std::vector<DepotFile> files;
  Fields fields(bytes);
  while (const auto field = fields.next()) {
    if (field->number != k_output_files) continue;
    auto file = output_file(field->bytes);
    if (!file) return std::nullopt;
    files.push_back(std::move(*file));
  }
  if (!fields.is_sound()) return std::nullopt;
  return files;
}

} // namespace imagewright::depot
