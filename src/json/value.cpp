// SPDX-License-Identifier: MIT
#include <fmt/format.h>

#include <imagewright/base/checked.hpp>
#include <imagewright/base/error.hpp>
#include <imagewright/base/text.hpp>
#include <imagewright/json/value.hpp>

namespace imagewright::json {

namespace {

[[noreturn]] void throw_unexpected(std::string_view name, std::string_view where,
                                   std::string_view wanted) {
  throw base::Error(base::FailureKind::input, "json.unexpected-value",
                    fmt::format("{}: {} must be {}", where, base::quoted(name), wanted));
}

} // namespace

bool Value::operator==(const Value& other) const {
  return storage_ == other.storage_;
}

const Value* Value::find(std::string_view name) const {
  const Object* object = find_object();
  if (object == nullptr) return nullptr;
  for (const auto& [key, value] : *object) {
    if (key == name) return &value;
  }
  return nullptr;
}

const Value& member(const Value& object, std::string_view name, std::string_view where) {
  const Value* value = object.find(name);
  if (value == nullptr) throw_unexpected(name, where, "present");
  return *value;
}

const std::string& string_member(const Value& object, std::string_view name,
                                 std::string_view where) {
  const std::string* text = member(object, name, where).find_string();
  if (text == nullptr) throw_unexpected(name, where, "a text");
  return *text;
}

std::uint64_t unsigned_member(const Value& object, std::string_view name, std::string_view where) {
  const Value& value = member(object, name, where);
  if (const auto* number = std::get_if<std::uint64_t>(&value.storage())) return *number;
  if (const auto* number = std::get_if<std::int64_t>(&value.storage())) {
    if (const auto unsigned_number = base::checked_cast<std::uint64_t>(*number)) {
      return *unsigned_number;
    }
  }
  throw_unexpected(name, where, "a whole number that is not negative");
}

std::int64_t integer_member(const Value& object, std::string_view name, std::string_view where) {
  const Value& value = member(object, name, where);
  if (const auto* number = std::get_if<std::int64_t>(&value.storage())) return *number;
  if (const auto* number = std::get_if<std::uint64_t>(&value.storage())) {
    if (const auto signed_number = base::checked_cast<std::int64_t>(*number)) return *signed_number;
  }
  throw_unexpected(name, where, "a whole number");
}

bool bool_member(const Value& object, std::string_view name, std::string_view where) {
  const bool* flag = member(object, name, where).find_bool();
  if (flag == nullptr) throw_unexpected(name, where, "true or false");
  return *flag;
}

const Array& array_member(const Value& object, std::string_view name, std::string_view where) {
  const Array* array = member(object, name, where).find_array();
  if (array == nullptr) throw_unexpected(name, where, "a list");
  return *array;
}

} // namespace imagewright::json
