// SPDX-License-Identifier: MIT
#include <algorithm>
#include <array>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <imagewright/base/error.hpp>
#include <imagewright/base/secret_words.hpp>
#include <imagewright/base/url.hpp>
#include <imagewright/config/history.hpp>
#include <imagewright/fs/file.hpp>
#include <imagewright/model/config_path.hpp>
#include <imagewright/yaml/parse.hpp>

namespace imagewright::config {

namespace {

namespace files = std::filesystem;

constexpr std::string_view k_redacted = "[redacted]";

/// Keys whose values are addresses; users and passwords in them are nobody's business.
constexpr std::array<std::string_view, 6> k_address_keys = {
    "baseUrl", "mirrorList", "gpgKeys", "bootstrapBaseUrl", "bootstrapFileUrl", "url"};

json::Value scalar(const yaml::Node& node, std::string_view key) {
  if (std::ranges::find(k_address_keys, key) != k_address_keys.end())
    return base::without_secrets(node.text);
  if (node.style == yaml::ScalarStyle::plain) {
    if (node.text == "true") return true;
    if (node.text == "false") return false;
    if (node.text == "~" || node.text == "null") return nullptr;
  }
  return node.text;
}

/// One config's nodes; relative paths start at its directory.
class Recorder {
public:
  explicit Recorder(files::path directory) : directory_(std::move(directory)) {}

  json::Value record(const yaml::Node& node, std::string_view key) const {
    switch (node.kind) {
    case yaml::NodeKind::null:
      return nullptr;
    case yaml::NodeKind::scalar:
      return scalar(node, key);
    case yaml::NodeKind::sequence:
      return list(node, key);
    case yaml::NodeKind::mapping:
      return mapping(node, key);
    }
    throw base::BugError("unknown kind of node");
  }

private:
  json::Value list(const yaml::Node& node, std::string_view key) const {
    if (key == "arguments") return arguments(node);
    json::Array items;
    for (const yaml::Node& item : node.items) {
      items.push_back(key == "sshPublicKeys" ? json::Value(k_redacted) : record(item, key));
    }
    return items;
  }

  /// How scripts are given tokens.
  static json::Value variables(const yaml::Node& node) {
    json::Object object;
    for (const yaml::Entry& entry : node.entries)
      object.emplace_back(entry.key, entry.value.is_null() ? json::Value(nullptr) : k_redacted);
    return object;
  }

  static json::Value arguments(const yaml::Node& node) {
    std::vector<std::string> texts;
    for (const yaml::Node& item : node.items)
      texts.push_back(item.text);
    json::Array items;
    for (std::string& text : base::arguments_without_secrets(std::move(texts)))
      items.emplace_back(base::without_secrets(text));
    return items;
  }

  json::Value mapping(const yaml::Node& node, std::string_view key) const {
    if (key == "environmentVariables") return variables(node);
    json::Object object;
    for (const yaml::Entry& entry : node.entries) {
      const bool is_secret = key == "password" && entry.key == "value";
      object.emplace_back(entry.key,
                          is_secret ? json::Value(k_redacted) : record(entry.value, entry.key));
    }
    add_digests(node, key, object);
    return object;
  }

  void add_digests(const yaml::Node& node, std::string_view key, json::Object& object) const {
    const bool is_script = key == "postCustomization" || key == "finalizeCustomization";
    const yaml::Node* named = node.find(is_script ? "path" : "source");
    if (named == nullptr || !named->is_scalar()) return;
    if (is_script || key == "additionalFiles") {
      object.emplace_back("sha256hash", fs::digest_of_file(directory_ / named->text).hex);
    } else if (key == "additionalDirs") {
      object.emplace_back("sha256hashmap", digests_below(directory_ / named->text));
    }
  }

  static json::Value digests_below(const files::path& directory) {
    std::vector<files::path> found;
    for (const auto& entry : files::recursive_directory_iterator(directory)) {
      if (entry.is_regular_file() && !entry.is_symlink()) found.push_back(entry.path());
    }
    std::ranges::sort(found);
    json::Object object;
    for (const files::path& file : found)
      object.emplace_back(file.lexically_relative(directory).string(),
                          fs::digest_of_file(file).hex);
    return object;
  }

  files::path directory_;
};

/// Of its variants an image has one; files of the others may not even be there.
yaml::Node with_one_variant(yaml::Node root, const std::string& chosen) {
  for (yaml::Entry& entry : root.entries) {
    if (entry.key != "variants") continue;
    std::erase_if(entry.value.entries,
                  [&](const yaml::Entry& variant) { return variant.key != chosen; });
  }
  return root;
}

} // namespace

json::Value history_of(const files::path& config) {
  const auto [file, variant] = model::config_path_from(config);
  const yaml::Document document = yaml::parse(fs::read_file(file), file.string());
  if (!document.root) return json::Object{};
  return Recorder(files::absolute(file).parent_path())
      .record(with_one_variant(*document.root, variant), "");
}

} // namespace imagewright::config
