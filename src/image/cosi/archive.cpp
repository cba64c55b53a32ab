// SPDX-License-Identifier: MIT
// POSIX.1-1988, "ustar Interchange Format"; POSIX.1-2001, "pax Header Block".
#include "image/cosi/archive.hpp"

#include <algorithm>
#include <charconv>
#include <optional>
#include <set>
#include <span>
#include <utility>

#include <fmt/format.h>

#include <imagewright/base/error.hpp>
#include <imagewright/base/text.hpp>
#include <imagewright/base/zeros.hpp>

#include "image/corrupt.hpp"

namespace imagewright::image::cosi {

namespace {

constexpr std::size_t k_name_size = 100;
constexpr std::size_t k_mode_place = 100;
constexpr std::size_t k_size_place = 124;
constexpr std::size_t k_number_size = 12;
constexpr std::size_t k_sum_place = 148;
constexpr std::size_t k_sum_size = 8;
constexpr std::size_t k_type_place = 156;
constexpr std::size_t k_magic_place = 257;
constexpr std::size_t k_prefix_place = 345;
constexpr std::size_t k_prefix_size = 155;
constexpr std::string_view k_magic = "ustar";
/// A disk has at most so many partitions, each of them one member, and others may be there.
constexpr std::size_t k_most_members = 4096;
constexpr std::uint64_t k_longest_extension = std::uint64_t{1} << 20U;

using Block = std::string;

std::string_view field(const Block& block, std::size_t place, std::size_t size) {
  const std::string_view whole = std::string_view(block).substr(place, size);
  return whole.substr(0, std::min(whole.find('\0'), whole.size()));
}

std::optional<std::uint64_t> octal(std::string_view text) {
  while (!text.empty() && text.front() == ' ')
    text.remove_prefix(1);
  while (!text.empty() && text.back() == ' ')
    text.remove_suffix(1);
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, 8);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

std::uint64_t sum_of(const Block& block) {
  std::uint64_t sum = 0;
  for (std::size_t index = 0; index < block.size(); ++index) {
    const bool is_sum = index >= k_sum_place && index < k_sum_place + k_sum_size;
    sum += is_sum ? std::uint64_t{' '} : static_cast<unsigned char>(block[index]);
  }
  return sum;
}

/// What pax headers say of the member that follows.
struct Extension {
  std::optional<std::string> path;
  std::optional<std::uint64_t> size;
};

class Scan {
public:
  Scan(const fs::ByteSource& file, const std::string& name) : file_(file), name_(name) {}

  std::vector<Member> all() {
    std::vector<Member> members;
    std::set<std::string> names;
    for (std::size_t count = 0; !at_end(); ++count) {
      if (count == k_most_members) corrupt("it has too many members");
      const auto member = next();
      if (!member) continue;
      if (!names.insert(member->name).second)
        corrupt(fmt::format("{} stands in it twice", base::quoted(member->name)));
      members.push_back(*member);
    }
    return members;
  }

private:
  [[noreturn]] void corrupt(const std::string& what) const { throw_corrupt_cosi(name_, what); }

  Block block_at(std::uint64_t offset) const {
    if (!is_inside(file_, offset, k_block)) corrupt("it is cut off");
    return text_at(file_, offset, k_block);
  }

  bool at_end() const {
    const Block block = block_at(place_);
    return base::is_all_zero(std::as_bytes(std::span(block)));
  }

  std::uint64_t size_of(const Block& block) const {
    const auto first = static_cast<unsigned char>(block[k_size_place]);
    if (first == 0x80) return binary_size(block);
    const auto size = octal(field(block, k_size_place, k_number_size));
    if (!size) corrupt("a member has an impossible size");
    return *size;
  }

  /// GNU tar's form of what is too large for eleven digits.
  std::uint64_t binary_size(const Block& block) const {
    std::uint64_t size = 0;
    for (std::size_t index = 1; index < k_number_size; ++index) {
      if (size >> 55U != 0) corrupt("a member has an impossible size");
      size = size << 8U | static_cast<unsigned char>(block[k_size_place + index]);
    }
    return size;
  }

  std::optional<Member> next() {
    const Block block = block_at(place_);
    if (field(block, k_magic_place, k_magic.size()) != k_magic) corrupt("a member has no header");
    if (octal(field(block, k_sum_place, k_sum_size)) != sum_of(block))
      corrupt("the checksum of a member's header is wrong");
    const char type = block[k_type_place];
    const bool is_file = type == '0' || type == '\0';
    const std::uint64_t size = is_file && extension_.size ? *extension_.size : size_of(block);
    const std::uint64_t content = place_ + k_block;
    if (!is_inside(file_, content, size)) corrupt("it is cut off");
    place_ = content + (size + k_block - 1) / k_block * k_block;
    if (type == 'x') {
      read_extension(content, size);
      return std::nullopt;
    }
    const Extension extension = std::exchange(extension_, {});
    if (!is_file) return std::nullopt;
    return Member{extension.path.value_or(path_of(block)), content, size};
  }

  static std::string path_of(const Block& block) {
    const std::string_view prefix = field(block, k_prefix_place, k_prefix_size);
    const std::string name(field(block, 0, k_name_size));
    return prefix.empty() ? name : fmt::format("{}/{}", prefix, name);
  }

  /// "LENGTH KEY=VALUE\n", one after the other.
  void read_extension(std::uint64_t offset, std::uint64_t size) {
    if (size > k_longest_extension) corrupt("a pax header is too long");
    const std::string text = text_at(file_, offset, size);
    std::string_view left = text;
    while (!left.empty()) {
      std::size_t length = 0;
      const auto [end, error] = std::from_chars(left.data(), left.data() + left.size(), length);
      const auto digits = static_cast<std::size_t>(end - left.data());
      if (error != std::errc{} || length > left.size() || digits + 2 > length ||
          left[digits] != ' ' || left[length - 1] != '\n')
        corrupt("a pax header contradicts itself");
      take_record(left.substr(digits + 1, length - digits - 2));
      left.remove_prefix(length);
    }
  }

  void take_record(std::string_view record) {
    const std::size_t equals = std::min(record.find('='), record.size());
    const std::string_view key = record.substr(0, equals);
    const std::string_view value = equals < record.size() ? record.substr(equals + 1) : "";
    if (key == "path") extension_.path = std::string(value);
    if (key != "size") return;
    std::uint64_t size = 0;
    const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), size);
    if (error != std::errc{} || end != value.data() + value.size())
      corrupt("a pax header has an impossible size");
    extension_.size = size;
  }

  const fs::ByteSource& file_;
  const std::string& name_;
  std::uint64_t place_ = 0;
  Extension extension_;
};

void put_text(std::vector<std::byte>& block, std::size_t place, std::string_view text) {
  const auto bytes = std::as_bytes(std::span(text));
  std::ranges::copy(bytes, block.begin() + static_cast<std::ptrdiff_t>(place));
}

} // namespace

bool is_cosi(const fs::ByteSource& file) {
  if (text_at(file, k_magic_place, k_magic.size()) != k_magic) return false;
  const Block block = text_at(file, 0, k_block);
  if (block.size() != k_block) return false;
  // A pax header before the metadata has a name that ends in theirs.
  const std::string_view first = field(block, 0, k_name_size);
  return first == k_marker || first.ends_with(k_metadata);
}

std::vector<Member> read_members(const fs::ByteSource& file, const std::string& name) {
  return Scan(file, name).all();
}

std::vector<std::byte> member_header(std::string_view name, std::uint64_t size) {
  IMAGEWRIGHT_ASSERT(name.size() <= k_name_size);
  std::vector<std::byte> block(k_block);
  put_text(block, 0, name);
  put_text(block, k_mode_place, "0000400");
  put_text(block, k_mode_place + 8, "0000000");  // owner
  put_text(block, k_mode_place + 16, "0000000"); // group
  // Eleven digits are 8 GiB, which no compressed partition should reach; one that does is written
  // as GNU tar and all others read it: in binary, behind a byte of its own.
  if (size < (std::uint64_t{1} << 33U)) {
    put_text(block, k_size_place, fmt::format("{:011o}", size));
  } else {
    block[k_size_place] = std::byte{0x80};
    for (std::size_t index = 0; index < sizeof size; ++index)
      block[k_size_place + k_number_size - 1 - index] =
          static_cast<std::byte>(size >> (8 * index) & 0xFFU);
  }
  put_text(block, k_size_place + k_number_size, "00000000000"); // modified
  block[k_type_place] = std::byte{'0'};
  put_text(block, k_magic_place, std::string_view("ustar\00000", 8));
  const Block text(reinterpret_cast<const char*>(block.data()), block.size());
  put_text(block, k_sum_place, fmt::format("{:06o}", sum_of(text)));
  block[k_sum_place + 7] = std::byte{' '};
  return block;
}

void throw_corrupt_cosi(const std::string& name, const std::string& what) {
  throw_corrupt("image.corrupt-cosi", name, what);
}

} // namespace imagewright::image::cosi
