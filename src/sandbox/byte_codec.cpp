// SPDX-License-Identifier: MIT
#include <chrono>
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

ByteWriter& ByteWriter::texts(const std::vector<std::string>& values) {
  number(values.size());
  for (const std::string& value : values)
    text(value);
  return *this;
}

ByteWriter& ByteWriter::time(base::Epoch value) {
  return number(static_cast<std::uint64_t>(value.time_since_epoch().count()));
}

std::uint64_t ByteReader::number() {
  std::uint64_t value = 0;
  if (rest_.size() < sizeof value) throw base::BugError("a message between processes is too short");
  std::memcpy(&value, rest_.data(), sizeof value);
  rest_.remove_prefix(sizeof value);
  return value;
}

std::uint64_t ByteReader::number_up_to(std::uint64_t last) {
  const std::uint64_t value = number();
  if (value > last) throw base::BugError("a choice in a message between processes is out of range");
  return value;
}

bool ByteReader::flag() {
  return number_up_to(1) == 1;
}

std::string ByteReader::text() {
  const std::uint64_t size = number();
  if (size > rest_.size()) throw base::BugError("a message between processes is cut off");
  std::string value(rest_.substr(0, size));
  rest_.remove_prefix(size);
  return value;
}

std::vector<std::string> ByteReader::texts() {
  std::vector<std::string> values;
  for (std::uint64_t count = number(); count != 0; --count)
    values.push_back(text());
  return values;
}

base::Epoch ByteReader::time() {
  return base::Epoch(std::chrono::seconds(static_cast<std::int64_t>(number())));
}

} // namespace imagewright::sandbox
