// SPDX-License-Identifier: MIT
#pragma once

// Typed access to a checked mapping. Asking for a key that the language table does not have is a
// bug of ours; values with errors read as "not given", since they are reported already.

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <sys/types.h>

#include <imagewright/base/byte_size.hpp>
#include <imagewright/model/located.hpp>
#include <imagewright/yaml/node.hpp>

#include "config/checker.hpp"

namespace imagewright::config {

/// What binding needs besides the nodes. Both outlive every reader.
struct BindContext {
  const Checker& checker;
  std::filesystem::path directory; ///< of the file: relative paths start here
};

class Reader {
public:
  Reader(const yaml::Node& node, const Type& type, const BindContext& context);

  const base::SourceLocation& where() const { return node_->where; }
  const BindContext& context() const { return *context_; }
  const yaml::Node& node() const { return *node_; }

  /// The value of a key when it is given and free of errors, else null.
  const yaml::Node* find_value(std::string_view name) const;
  std::optional<model::LocatedText> text(std::string_view name) const;
  std::string text_or(std::string_view name, std::string_view fallback) const;
  std::optional<model::Located<base::ByteSize>> size(std::string_view name) const;
  std::optional<mode_t> permissions(std::string_view name) const;
  std::optional<model::Located<bool>> boolean(std::string_view name) const;
  bool is_true(std::string_view name) const;
  std::optional<model::Located<std::int64_t>> integer(std::string_view name) const;
  std::optional<std::filesystem::path> path(std::string_view name) const;
  std::optional<model::Located<std::filesystem::path>> located_path(std::string_view name) const;
  /// A list of texts; a text alone (the form of earlier versions) counts as one item.
  std::vector<model::LocatedText> texts(std::string_view name) const;
  std::vector<std::string> plain_texts(std::string_view name) const;
  std::vector<model::Located<std::filesystem::path>> paths(std::string_view name) const;
  std::map<std::string, model::LocatedText> text_map(std::string_view name) const;
  std::map<std::string, std::string> plain_text_map(std::string_view name) const;

  template <typename Enum>
  std::optional<model::Located<Enum>> word(std::string_view name) const {
    const auto found = word_value(name);
    if (!found) return std::nullopt;
    return model::Located<Enum>{static_cast<Enum>(found->value), found->where};
  }
  /// The words of a list, leaving out empty ones.
  template <typename Enum>
  std::vector<model::Located<Enum>> words(std::string_view name) const {
    std::vector<model::Located<Enum>> result;
    for (const model::Located<int>& each : word_values(name)) {
      result.push_back({static_cast<Enum>(each.value), each.where});
    }
    return result;
  }

  /// The mapping of a key; nothing when it is absent or stands in another form.
  std::optional<Reader> mapping(std::string_view name) const;
  /// The mappings of a list.
  std::vector<Reader> mappings(std::string_view name) const;
  std::filesystem::path resolve(const std::string& text) const;

private:
  const Key& key(std::string_view name) const;
  const yaml::Node* find_given(std::string_view name) const;
  std::optional<model::Located<int>> word_value(std::string_view name) const;
  std::vector<model::Located<int>> word_values(std::string_view name) const;

  const yaml::Node* node_;
  const Type* type_;
  const BindContext* context_;
};

} // namespace imagewright::config
