// SPDX-License-Identifier: MIT
#pragma once

// One mapping of a config while it is written down. Keys and words come from the language table, so
// that nothing can be written that cannot be read.

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <sys/types.h>

#include <imagewright/base/byte_size.hpp>
#include <imagewright/config/canonical.hpp>
#include <imagewright/json/value.hpp>
#include <imagewright/model/located.hpp>

#include "config/language/type.hpp"

namespace imagewright::config {

/// What writing needs besides the values.
struct CanonicalContext {
  std::filesystem::path directory; ///< paths are written relative to it
  Secrets secrets = Secrets::masked;
};

/// A URL as it may be shown: without user, password and query where secrets are masked.
std::string address(const std::string& url, const CanonicalContext& context);

/// A path of the host relative to a directory; absolute when the two share only the root.
std::string written_path(const std::filesystem::path& path, const std::filesystem::path& directory);

/// Values that are not given leave no trace; giving a key that the table does not have is a bug.
class Section {
public:
  Section(const Type& type, const CanonicalContext& context) : type_(&type), context_(&context) {}

  const CanonicalContext& context() const { return *context_; }
  bool empty() const { return values_.empty(); }
  /// An empty section for the mapping of a key, or for an item of its list.
  Section inside(std::string_view key) const;

  void put(std::string_view key, json::Value value);
  void put_text(std::string_view key, const std::string& text);
  void put_text(std::string_view key, const std::optional<model::LocatedText>& text);
  void put_texts(std::string_view key, const std::vector<std::string>& texts);
  void put_texts(std::string_view key, const std::vector<model::LocatedText>& texts);
  void put_map(std::string_view key, const std::map<std::string, std::string>& texts);
  void put_size(std::string_view key, const std::optional<base::ByteSize>& size);
  void put_size(std::string_view key, const std::optional<model::Located<base::ByteSize>>& size);
  void put_permissions(std::string_view key, const std::optional<mode_t>& permissions);
  void put_path(std::string_view key, const std::filesystem::path& path);
  /// How a path of the config is written here.
  std::string path_text(const std::filesystem::path& path) const;
  void put_list(std::string_view key, json::Array items);
  /// Leaves out a section in which nothing stands.
  void put_section(std::string_view key, const Section& section);

  template <typename Enum>
  void put_word(std::string_view key, const std::optional<model::Located<Enum>>& value) {
    if (value) put(key, word_of(key, static_cast<int>(value->value)));
  }
  template <typename Enum>
  void put_word(std::string_view key, const std::optional<Enum>& value) {
    if (value) put(key, word_of(key, static_cast<int>(*value)));
  }
  /// The word for a value of the enumeration behind a key, or behind the items of its list.
  std::string word_of(std::string_view key, int value) const;

  /// The keys in the order of the table.
  json::Object object() const;

private:
  const Key& key(std::string_view name) const;

  const Type* type_;
  const CanonicalContext* context_;
  std::map<const Key*, json::Value> values_; ///< keys of one table, and so in its order
};

} // namespace imagewright::config
