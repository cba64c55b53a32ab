// SPDX-License-Identifier: MIT
#include "config/export/section.hpp"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include <imagewright/base/error.hpp>
#include <imagewright/base/url.hpp>

namespace imagewright::config {

namespace {

/// The mapping that a value may be, behind lists and other forms; null when it may be none.
const Type* mapping_behind(const Type& type) {
  for (const Type* form = &type; form != nullptr; form = form->other_form) {
    if (form->shape == Shape::mapping) return form;
    if (form->item != nullptr) return mapping_behind(*form->item);
  }
  return nullptr;
}

/// In the largest unit that says it exactly.
std::string size_text(base::ByteSize size) {
  constexpr std::pair<unsigned, char> units[] = {{40U, 'T'}, {30U, 'G'}, {20U, 'M'}, {10U, 'K'}};
  if (size.bytes() == 0) return "0M";
  for (const auto& [shift, unit] : units) {
    if (size.is_multiple_of(base::ByteSize(1ULL << shift)))
      return fmt::format("{}{}", size.bytes() >> shift, unit);
  }
  IMAGEWRIGHT_ASSERT(false);
  return {};
}

} // namespace

std::string address(const std::string& url, const CanonicalContext& context) {
  return context.secrets == Secrets::masked ? base::without_secrets(url) : url;
}

std::string written_path(const std::filesystem::path& path,
                         const std::filesystem::path& directory) {
  const std::filesystem::path target = path.lexically_normal();
  const auto [left, right] =
      std::mismatch(target.begin(), target.end(), directory.begin(), directory.end());
  const bool share_only_the_root = std::distance(target.begin(), left) <= 1;
  if (target.is_absolute() && share_only_the_root) return target.string();
  return target.lexically_relative(directory).string();
}

const Key& Section::key(std::string_view name) const {
  const Key* found = find_key(type_->keys, name);
  IMAGEWRIGHT_ASSERT(found != nullptr);
  IMAGEWRIGHT_ASSERT(found->current_spelling.empty() && found->removed_hint.empty());
  return *found;
}

Section Section::inside(std::string_view name) const {
  const Type* mapping = mapping_behind(*key(name).type);
  IMAGEWRIGHT_ASSERT(mapping != nullptr);
  return {*mapping, *context_};
}

void Section::put(std::string_view name, json::Value value) {
  values_.insert_or_assign(&key(name), std::move(value));
}

void Section::put_text(std::string_view name, const std::string& text) {
  if (!text.empty()) put(name, text);
}

void Section::put_text(std::string_view name, const std::optional<model::LocatedText>& text) {
  if (text) put(name, text->text);
}

void Section::put_texts(std::string_view name, const std::vector<std::string>& texts) {
  put_list(name, json::Array(texts.begin(), texts.end()));
}

void Section::put_texts(std::string_view name, const std::vector<model::LocatedText>& texts) {
  json::Array items;
  for (const model::LocatedText& each : texts)
    items.emplace_back(each.text);
  put_list(name, std::move(items));
}

void Section::put_map(std::string_view name, const std::map<std::string, std::string>& texts) {
  if (texts.empty()) return;
  json::Object entries;
  for (const auto& [entry, text] : texts)
    entries.emplace_back(entry, text);
  put(name, std::move(entries));
}

void Section::put_size(std::string_view name, const std::optional<base::ByteSize>& size) {
  if (size) put(name, size_text(*size));
}

void Section::put_size(std::string_view name,
                       const std::optional<model::Located<base::ByteSize>>& size) {
  if (size) put(name, size_text(size->value));
}

void Section::put_permissions(std::string_view name, const std::optional<mode_t>& permissions) {
  if (permissions) put(name, fmt::format("{:03o}", *permissions));
}

void Section::put_path(std::string_view name, const std::filesystem::path& path) {
  if (!path.empty()) put(name, written_path(path, context_->directory));
}

std::string Section::path_text(const std::filesystem::path& path) const {
  return written_path(path, context_->directory);
}

void Section::put_list(std::string_view name, json::Array items) {
  if (!items.empty()) put(name, std::move(items));
}

void Section::put_section(std::string_view name, const Section& section) {
  if (!section.empty()) put(name, section.object());
}

std::string Section::word_of(std::string_view name, int value) const {
  const Type* type = key(name).type;
  if (type->item != nullptr) type = type->item;
  const auto word = std::find_if(type->words.begin(), type->words.end(),
                                 [&](const Word& each) { return each.value == value; });
  IMAGEWRIGHT_ASSERT(word != type->words.end());
  return std::string(word->text);
}

json::Object Section::object() const {
  json::Object object;
  for (const auto& [each, value] : values_)
    object.emplace_back(std::string(each->name), value);
  return object;
}

} // namespace imagewright::config
