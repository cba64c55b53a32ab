// SPDX-License-Identifier: MIT
#pragma once

// YAML text as nodes that know where they stand.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <imagewright/base/source_location.hpp>

namespace imagewright::yaml {

enum class NodeKind : std::uint8_t { null, scalar, sequence, mapping };

/// "null", "a value", "a list", "a mapping": for messages.
std::string_view to_string(NodeKind kind);

/// How a scalar was written: quoted text is never a number or a boolean.
enum class ScalarStyle : std::uint8_t { plain, quoted };

struct Entry;

/// One node. Aliases are already replaced by what they stand for, which keeps its own position.
struct Node {
  NodeKind kind = NodeKind::null;
  ScalarStyle style = ScalarStyle::plain;
  /// The text of a scalar as written, without quotes and with escapes resolved.
  std::string text;
  /// An explicit tag such as "!custom" or "tag:yaml.org,2002:str"; empty when there is none.
  std::string tag;
  std::vector<Node> items;    ///< of a sequence
  std::vector<Entry> entries; ///< of a mapping, in the order of the file, each key once
  base::SourceLocation where;
  /// The line on which a scalar ends.
  std::uint32_t last_line = 0;

  bool is_null() const { return kind == NodeKind::null; }
  bool is_scalar() const { return kind == NodeKind::scalar; }
  bool is_sequence() const { return kind == NodeKind::sequence; }
  bool is_mapping() const { return kind == NodeKind::mapping; }
  /// The value of a key when this is a mapping that has it, else null.
  const Node* find(std::string_view key) const;
  /// The entry of a key when this is a mapping that has it, else null.
  const Entry* find_entry(std::string_view key) const;
};

/// One key of a mapping with its value.
struct Entry {
  std::string key;
  base::SourceLocation where; ///< of the key
  Node value;
  bool has_colon = true; ///< false when nothing but the key is there, as in "{key}"
};

} // namespace imagewright::yaml
