// SPDX-License-Identifier: MIT
// Reads YAML as the program does and prints the tree as JSON, for tests that compare it with what
// others read. Usage: yaml_tree <FILE; exit code 1 and the complaints when the text is refused.

#include <iostream>
#include <iterator>
#include <string>

#include <imagewright/base/diagnostic.hpp>
#include <imagewright/json/value.hpp>
#include <imagewright/yaml/parse.hpp>

using namespace imagewright;

namespace {

json::Value tree_of(const yaml::Node& node) {
  switch (node.kind) {
  case yaml::NodeKind::null:
    return nullptr;
  case yaml::NodeKind::scalar:
    return json::Object{{"text", node.text},
                        {"quoted", node.style == yaml::ScalarStyle::quoted},
                        {"tag", node.tag}};
  case yaml::NodeKind::sequence: {
    json::Array items;
    for (const yaml::Node& item : node.items)
      items.push_back(tree_of(item));
    return items;
  }
  case yaml::NodeKind::mapping:
    break;
  }
  json::Array entries;
  for (const yaml::Entry& entry : node.entries)
    entries.push_back(json::Array{entry.key, tree_of(entry.value)});
  return json::Object{{"mapping", entries}};
}

} // namespace

int main() {
  const std::string text{std::istreambuf_iterator<char>(std::cin), {}};
  const yaml::Document document = yaml::parse(text, "-");
  if (!document.root || document.diagnostics.has_errors()) {
    for (const base::Diagnostic& complaint : document.diagnostics.sorted())
      std::cout << complaint.code << ": " << complaint.message << "\n";
    return 1;
  }
  std::cout << json::to_line(tree_of(*document.root)) << "\n";
  return 0;
}
