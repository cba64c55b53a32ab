// SPDX-License-Identifier: MIT
#include "config/secret_types.hpp"

#include <algorithm>

#include <imagewright/base/secret_words.hpp>

#include "config/language/text_checks.hpp"

namespace imagewright::config {

namespace {

/// From a user to the value of its password.
constexpr int k_levels = 2;

} // namespace

bool may_hold_secret(const Type& type, int levels) {
  if (type.secrecy == Secrecy::secret) return true;
  if (levels == 0) return false;
  if (type.item != nullptr && may_hold_secret(*type.item, levels - 1)) return true;
  // What stands in the place of a script is its text or its path, and none of its variables.
  return std::ranges::any_of(type.keys, [&](const Key& key) {
    return key.type != nullptr && key.type->shape != Shape::map &&
           may_hold_secret(*key.type, levels - 1);
  });
}

bool may_be_secret(const Type& mapping, std::string_view unknown_key) {
  return may_hold_secret(mapping, k_levels) ||
         base::names_a_secret(unknown_key.substr(0, unknown_key.find_first_of(":= ")));
}

std::string_view visible_part(const Type& mapping, std::string_view unknown_key) {
  const std::size_t sign = unknown_key.find_first_of(":=");
  if (sign == std::string_view::npos || !may_be_secret(mapping, unknown_key)) return unknown_key;
  return unknown_key.substr(0, sign + 1);
}

bool is_url(const Type& type) {
  return type.check == check_url || type.check == check_boot_url;
}

} // namespace imagewright::config
