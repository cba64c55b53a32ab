// SPDX-License-Identifier: MIT
#include "container/document_json.hpp"

#include <cstdint>
#include <optional>
#include <utility>
#include <variant>

#include <fmt/format.h>

#include <imagewright/base/error.hpp>
#include <imagewright/base/text.hpp>

#include "container/blob.hpp"

namespace imagewright::container {

namespace {

/// The text of that name; empty when there is none.
std::string text_in(const json::Value& object, std::string_view name) {
  const json::Value* value = object.find(name);
  const std::string* text = value != nullptr ? value->find_string() : nullptr;
  return text != nullptr ? *text : std::string();
}

std::string annotation(const json::Value& descriptor, std::string_view name) {
  const json::Value* annotations = descriptor.find("annotations");
  return annotations != nullptr ? text_in(*annotations, name) : std::string();
}

const json::Array& array_in(const json::Value& object, std::string_view name,
                            const std::string& where) {
  const json::Value* value = object.find(name);
  const json::Array* array = value != nullptr ? value->find_array() : nullptr;
  if (array == nullptr) throw_damaged(fmt::format("{} has no list {}", where, base::quoted(name)));
  return *array;
}

std::optional<std::uint64_t> size_of(const json::Value& size) {
  if (const auto* number = std::get_if<std::uint64_t>(&size.storage())) return *number;
  const auto* number = std::get_if<std::int64_t>(&size.storage());
  if (number == nullptr || *number < 0) return std::nullopt;
  return static_cast<std::uint64_t>(*number);
}

Descriptor descriptor_from(const json::Value& value, const std::string& where) {
  const std::string digest_text = text_in(value, "digest");
  const auto digest = base::Digest::parse(digest_text);
  const json::Value* size = value.find("size");
  if (digest_text.starts_with("sha512:"))
    throw_unsupported(fmt::format("{} has digests of another kind than SHA-256", where));
  if (!digest || size == nullptr)
    throw_damaged(fmt::format("{} names something without digest or size", where));
  const auto bytes = size_of(*size);
  if (!bytes) throw_damaged(fmt::format("{} names something with an impossible size", where));
  Descriptor descriptor{.media_type = text_in(value, "mediaType"),
                        .digest = *digest,
                        .size = *bytes,
                        .name = annotation(value, "org.opencontainers.image.ref.name"),
                        .full_name = annotation(value, "io.containerd.image.name"),
                        .architecture = {},
                        .system = {}};
  if (const json::Value* platform = value.find("platform")) {
    descriptor.architecture = text_in(*platform, "architecture");
    descriptor.system = text_in(*platform, "os");
  }
  return descriptor;
}

std::vector<Descriptor> descriptors_in(const json::Value& object, std::string_view name,
                                       const std::string& where) {
  std::vector<Descriptor> descriptors;
  for (const json::Value& item : array_in(object, name, where))
    descriptors.push_back(descriptor_from(item, where));
  return descriptors;
}

std::vector<std::string> texts_in(const json::Value& object, std::string_view name) {
  std::vector<std::string> texts;
  const json::Value* value = object.find(name);
  const json::Array* items = value != nullptr ? value->find_array() : nullptr;
  if (items == nullptr) return texts;
  for (const json::Value& item : *items) {
    const std::string* text = item.find_string();
    if (text == nullptr) throw_damaged("manifest.json has something else than names");
    texts.push_back(*text);
  }
  return texts;
}

} // namespace

json::Value parse_document(std::string_view text, const std::string& where) {
  try {
    return json::parse(text, where);
  } catch (const base::Error& error) {
    throw_damaged(fmt::format("{} is no JSON: {}", where, error.diagnostic().message));
  }
}

std::vector<Descriptor> index_in(const json::Value& document, const std::string& where) {
  return descriptors_in(document, "manifests", where);
}

Manifest manifest_in(const json::Value& document, const std::string& where) {
  const json::Value* config = document.find("config");
  if (config == nullptr) return {};
  return {.config = descriptor_from(*config, where),
          .layers = descriptors_in(document, "layers", where)};
}

Settings settings_in(const json::Value& document, const std::string& where) {
  Settings settings{.architecture = text_in(document, "architecture"),
                    .system = text_in(document, "os"),
                    .differences = {}};
  const json::Value* root = document.find("rootfs");
  if (root == nullptr) throw_damaged(where + " has no \"rootfs\"");
  for (const json::Value& item : array_in(*root, "diff_ids", where)) {
    const std::string* text = item.find_string();
    const auto difference = text != nullptr ? base::Digest::parse(*text) : std::nullopt;
    if (!difference) throw_damaged(where + " has a layer without a digest");
    settings.differences.push_back(*difference);
  }
  return settings;
}

std::vector<ArchiveEntry> archive_entries_in(const json::Value& document) {
  const json::Array* items = document.find_array();
  if (items == nullptr) throw_damaged("manifest.json is no list");
  std::vector<ArchiveEntry> entries;
  for (const json::Value& item : *items) {
    entries.push_back({.config = text_in(item, "Config"),
                       .names = texts_in(item, "RepoTags"),
                       .layers = texts_in(item, "Layers")});
  }
  return entries;
}

} // namespace imagewright::container
