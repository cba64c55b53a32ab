// SPDX-License-Identifier: MIT
#include <cstring>

#include <imagewright/base/error.hpp>
#include <imagewright/sandbox/byte_codec.hpp>

namespace imagewright::sandbox {

ByteWriter& ByteWriter::number(std::uint64_t value) {
  char bytes[sizeof value];
  std::memcpy(bytes, &value, sizeof value);
  bytes_.append(bytes, sizeof value);
  return *this;
}

ByteWriter& ByteWriter::text(std::string_view value) {
  number(value.size());
  bytes_.append(value);
  return *this;
}

std::uint64_t ByteReader::number() {
  std::uint64_t value = 0;
  if (rest_.size() < sizeof value) throw base::BugError("a message between processes is too short");
  std::memcpy(&value, rest_.data(), sizeof value);
  rest_.remove_prefix(sizeof value);
  return value;
}

std::string ByteReader::text() {
  const std::uint64_t size = number();
  if (size > rest_.size()) throw base::BugError("a message between processes is cut off");
  std::string value(rest_.substr(0, size));
  rest_.remove_prefix(size);
  return value;
}

} // namespace imagewright::sandbox
