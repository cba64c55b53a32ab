// SPDX-License-Identifier: MIT
#pragma once

// Numbers and texts as bytes, for talk between processes of one program run. Not a file format.

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <imagewright/base/epoch.hpp>

namespace imagewright::sandbox {

/// Appends fields to a text.
class ByteWriter {
public:
  ByteWriter& number(std::uint64_t value);
  ByteWriter& text(std::string_view value);
  ByteWriter& texts(const std::vector<std::string>& values);
  ByteWriter& time(base::Epoch value);
  /// What another writer has written.
  ByteWriter& bytes(std::string_view written) {
    bytes_.append(written);
    return *this;
  }
  ByteWriter& flag(bool value) { return number(value ? 1 : 0); }
  std::string take() { return std::move(bytes_); }

private:
  std::string bytes_;
};

/// Reads the fields in the order in which they were written. Throws base::BugError when they are
/// not there.
class ByteReader {
public:
  /// `bytes` must outlive the reader.
  explicit ByteReader(std::string_view bytes) : rest_(bytes) {}

  std::uint64_t number();
  std::string text();
  std::vector<std::string> texts();
  base::Epoch time();
  bool flag();
  /// A number as an enumeration that goes from 0 to `last`.
  template <typename Choice>
  Choice choice(Choice last) {
    return static_cast<Choice>(number_up_to(static_cast<std::uint64_t>(last)));
  }
  /// What was not read yet.
  std::string_view rest() const { return rest_; }
  bool at_end() const { return rest_.empty(); }

private:
  std::uint64_t number_up_to(std::uint64_t last);

  std::string_view rest_;
};

} // namespace imagewright::sandbox
