// SPDX-License-Identifier: MIT
#pragma once

// Holds a document against the language table: unknown keys, wrong types, bad values, missing keys,
// gates.

#include <set>
#include <string>
#include <string_view>
#include <unordered_set>

#include <imagewright/base/diagnostic.hpp>
#include <imagewright/yaml/node.hpp>

#include "config/language/type.hpp"

namespace imagewright::config {

/// Is this value "not given": null, or an empty text where that means nothing?
bool is_absent(const yaml::Node& node, const Type& type);
/// The form of the type that fits the kind of this node, or null.
const Type* form_for(const yaml::Node& node, const Type& type);

/// Remembers which nodes are clean, so that later rules do not complain about the same thing again.
class Checker {
public:
  /// `features` are the preview features that the file lists.
  Checker(const Type& root, std::set<std::string> features)
      : root_(&root), features_(std::move(features)) {}

  void check(const yaml::Node& node);
  /// True when neither this node nor anything below it has an error.
  bool is_clean(const yaml::Node& node) const { return !unclean_.contains(&node); }
  const base::Diagnostics& diagnostics() const { return diagnostics_; }

private:
  bool check_value(const yaml::Node& node, const Type& type, std::string_view label);
  bool check_form(const yaml::Node& node, const Type& type, std::string_view label);
  bool check_mapping(const yaml::Node& node, const Type& type, std::string_view label);
  bool check_entry(const yaml::Node& mapping, const yaml::Entry& entry, const Type& type,
                   std::string_view label);
  bool check_colon(const yaml::Entry& entry);
  bool check_gate(const yaml::Entry& entry, const Key& key);
  bool check_required(const yaml::Node& node, const Type& type, std::string_view label);
  bool check_choice(const yaml::Node& node, const Type& type, std::string_view label);
  bool check_map(const yaml::Node& node, const Type& type, std::string_view label);
  bool check_list(const yaml::Node& node, const Type& type, std::string_view label);
  bool check_scalar(const yaml::Node& node, const Type& type, std::string_view label);
  bool check_text(const yaml::Node& node, const Type& type, std::string_view label);
  bool check_word(const yaml::Node& node, const Type& type, std::string_view label);
  bool check_boolean(const yaml::Node& node, std::string_view label);
  bool check_integer(const yaml::Node& node, const Type& type, std::string_view label);
  bool report_unknown(const yaml::Entry& entry, const Type& type, std::string_view label);
  bool error(std::string code, std::string message, const base::SourceLocation& where,
             std::string hint);

  const Type* root_;
  std::set<std::string> features_;
  base::Diagnostics diagnostics_;
  std::unordered_set<const yaml::Node*> unclean_;
};

} // namespace imagewright::config
