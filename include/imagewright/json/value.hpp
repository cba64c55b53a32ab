// SPDX-License-Identifier: MIT
#pragma once

// JSON as plain values, with text that is the same on every run.

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace imagewright::json {

class Value;
using Array = std::vector<Value>;
/// Members keep the order in which they were added.
using Object = std::vector<std::pair<std::string, Value>>;

/// One JSON value (RFC 8259). Integers are kept exactly.
class Value {
public:
  using Storage = std::variant<std::nullptr_t, bool, std::int64_t, std::uint64_t, double,
                               std::string, Array, Object>;

  Value() = default;
  Value(std::nullptr_t) {}
  Value(bool value) : storage_(value) {}
  Value(int value) : storage_(static_cast<std::int64_t>(value)) {}
  Value(std::int64_t value) : storage_(value) {}
  Value(std::uint64_t value) : storage_(value) {}
  Value(std::uint32_t value) : storage_(static_cast<std::uint64_t>(value)) {}
  Value(double value) : storage_(value) {}
  Value(std::string value) : storage_(std::move(value)) {}
  Value(std::string_view value) : storage_(std::string(value)) {}
  Value(const char* value) : storage_(std::string(value)) {}
  Value(Array value) : storage_(std::move(value)) {}
  Value(Object value) : storage_(std::move(value)) {}

  bool is_null() const { return std::holds_alternative<std::nullptr_t>(storage_); }
  const std::string* find_string() const { return std::get_if<std::string>(&storage_); }
  const bool* find_bool() const { return std::get_if<bool>(&storage_); }
  const Array* find_array() const { return std::get_if<Array>(&storage_); }
  const Object* find_object() const { return std::get_if<Object>(&storage_); }
  /// The member of that name when this is an object that has one, else null.
  const Value* find(std::string_view name) const;
  const Storage& storage() const { return storage_; }

  bool operator==(const Value& other) const;

private:
  Storage storage_;
};

/// Accessors for documents of ours. Each throws base::Error (json.unexpected-value) naming `where`
/// and the member.
const Value& member(const Value& object, std::string_view name, std::string_view where);
const std::string& string_member(const Value& object, std::string_view name,
                                 std::string_view where);
std::uint64_t unsigned_member(const Value& object, std::string_view name, std::string_view where);
std::int64_t integer_member(const Value& object, std::string_view name, std::string_view where);
bool bool_member(const Value& object, std::string_view name, std::string_view where);
const Array& array_member(const Value& object, std::string_view name, std::string_view where);

/// Reads one document. Throws base::Error (json.syntax) naming `file`, with line and column. Depth
/// is bounded; duplicate members are an error.
Value parse(std::string_view text, const std::string& file);

/// Two blanks of indentation, members in their order, a newline at the end.
std::string to_text(const Value& value);
/// On one line without a newline.
std::string to_line(const Value& value);

} // namespace imagewright::json
