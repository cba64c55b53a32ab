// SPDX-License-Identifier: MIT
#include <string_view>

#include <fmt/format.h>

#include <imagewright/base/text.hpp>

#include "config/rules/rules.hpp"

namespace imagewright::config {

namespace {

/// Keys that belong to one of the three kinds of edits.
base::Diagnostics check_line(const Reader& line) {
  base::Diagnostics diagnostics;
  const auto belongs = [&](std::string_view key, std::string_view to) {
    const yaml::Node* value = line.find_value(key);
    if (value == nullptr || line.find_value(to) != nullptr) return;
    diagnostics.error("config.conflict",
                      fmt::format("{} belongs to {}", base::quoted(key), base::quoted(to)),
                      value->where, "remove it");
  };
  belongs("before", "add");
  belongs("after", "add");
  belongs("with", "replace");
  if (line.find_value("before") != nullptr && line.find_value("after") != nullptr) {
    diagnostics.error("config.conflict", "\"before\" and \"after\" exclude each other",
                      line.find_value("after")->where, "keep one of them");
  }
  const yaml::Node* replaced = line.find_value("replace");
  if (replaced != nullptr && line.find_value("with") == nullptr) {
    diagnostics.error("config.missing-key", "\"replace\" needs the key \"with\"", replaced->where,
                      "add \"with:\" with the new line, or write \"remove\"");
  }
  return diagnostics;
}

base::Diagnostics check_edit(const Reader& edit) {
  base::Diagnostics diagnostics;
  const bool is_removed = edit.is_true("remove");
  for (const std::string_view key : {"permissions", "owner", "group"}) {
    const yaml::Node* value = edit.find_value(key);
    if (value == nullptr) continue;
    const bool is_of_link = key == "permissions" && edit.find_value("link") != nullptr;
    if (!is_removed && !is_of_link) continue;
    diagnostics.error("config.conflict",
                      fmt::format("{} has no meaning for {}", base::quoted(key),
                                  is_removed ? "what is removed" : "a link"),
                      value->where, "remove it");
  }
  const yaml::Node* lines = edit.find_value("lines");
  const bool does_something = is_removed || edit.is_true("directory") ||
                              (lines != nullptr && !lines->items.empty()) || edit.text("link") ||
                              edit.permissions("permissions") || edit.text("owner") ||
                              edit.text("group");
  if (!does_something && edit.find_value("path") != nullptr) {
    diagnostics.error("config.missing-key", "the edit does nothing", edit.where(),
                      "add \"lines\", \"link\", \"directory: true\", \"remove: true\", "
                      "\"permissions\", \"owner\" or \"group\"");
  }
  for (const Reader& line : edit.mappings("lines"))
    diagnostics.append(check_line(line));
  return diagnostics;
}

} // namespace

base::Diagnostics check_edits(const CheckedDocument& document) {
  base::Diagnostics diagnostics;
  const auto root = document.root();
  const auto os = root ? root->mapping("os") : std::nullopt;
  if (!os) return diagnostics;
  for (const Reader& edit : os->mappings("edits"))
    diagnostics.append(check_edit(edit));
  return diagnostics;
}

} // namespace imagewright::config
