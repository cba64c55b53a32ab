// SPDX-License-Identifier: MIT
#pragma once

// A short way to write JSON Schema for rules over several keys.

#include <string_view>

#include <imagewright/json/value.hpp>

namespace imagewright::config {

/// The schema that a rule stands for. Besides plain JSON Schema a rule may hold
///
///     "given KEY"              KEY has more than null, an empty text or an empty list
///     "says KEY WORD|WORD"     KEY is one of these words
///     "true KEY", "false KEY"  KEY is a boolean, in any of its spellings
///     {"has KEY": RULE}        KEY is there, and its value is like this
///     {"there KEY": RULE}      the value of KEY, when it is there, is like this
///     {"some": RULE}           a list with an item like this
///     {"each": RULE}           a list of such items
///     {"few": RULE}            at most one item is like this
///     {"text": PATTERN}        a text that matches
json::Value schema_of_rule(const json::Value& rule);

/// Schemas of "the key is there and its value is like this" and "a list with an item like this".
json::Value schema_of_key(std::string_view key, json::Value value);
json::Value schema_of_item(json::Value item);

} // namespace imagewright::config
