// SPDX-License-Identifier: MIT
#include <imagewright/yaml/node.hpp>

namespace imagewright::yaml {

std::string_view to_string(NodeKind kind) {
  switch (kind) {
  case NodeKind::null:
    return "null";
  case NodeKind::scalar:
    return "a value";
  case NodeKind::sequence:
    return "a list";
  case NodeKind::mapping:
    break;
  }
  return "a mapping";
}

const Entry* Node::find_entry(std::string_view key) const {
  for (const Entry& entry : entries) {
    if (entry.key == key) return &entry;
  }
  return nullptr;
}

const Node* Node::find(std::string_view key) const {
  const Entry* entry = find_entry(key);
  return entry == nullptr ? nullptr : &entry->value;
}

} // namespace imagewright::yaml
