// SPDX-License-Identifier: MIT
#include "config/bind/reader.hpp"

#include <imagewright/base/error.hpp>

#include "config/values.hpp"

namespace imagewright::config {

Reader::Reader(const yaml::Node& node, const Type& type, const BindContext& context)
    : node_(&node), type_(&type), context_(&context) {}

const Key& Reader::key(std::string_view name) const {
  const Key* found = find_key(type_->keys, name);
  IMAGEWRIGHT_ASSERT(found != nullptr);
  return *found;
}

const yaml::Node* Reader::find_given(std::string_view name) const {
  const Type& type = *key(name).type;
  const yaml::Node* value = node_->find(name);
  return value == nullptr || is_absent(*value, type) ? nullptr : value;
}

const yaml::Node* Reader::find_value(std::string_view name) const {
  const yaml::Node* value = find_given(name);
  return value == nullptr || !context_->checker.is_clean(*value) ? nullptr : value;
}

std::optional<model::LocatedText> Reader::text(std::string_view name) const {
  const yaml::Node* value = find_value(name);
  if (value == nullptr || !value->is_scalar()) return std::nullopt;
  const Type* form = form_for(*value, *key(name).type);
  return model::LocatedText{
      in_form(form == nullptr ? TextForm::as_written : form->form, value->text), value->where};
}

std::string Reader::text_or(std::string_view name, std::string_view fallback) const {
  const auto found = text(name);
  return found ? found->text : std::string(fallback);
}

std::optional<model::Located<base::ByteSize>> Reader::size(std::string_view name) const {
  const auto found = text(name);
  const auto size = found ? parse_size(found->text) : std::nullopt;
  if (!size) return std::nullopt;
  return model::Located<base::ByteSize>{*size, found->where};
}

std::optional<mode_t> Reader::permissions(std::string_view name) const {
  const auto found = text(name);
  return found ? parse_permissions(found->text) : std::nullopt;
}

std::optional<model::Located<bool>> Reader::boolean(std::string_view name) const {
  const auto found = text(name);
  const auto value = found ? parse_boolean(found->text) : std::nullopt;
  if (!value) return std::nullopt;
  return model::Located<bool>{*value, found->where};
}

bool Reader::is_true(std::string_view name) const {
  const auto found = boolean(name);
  return found && found->value;
}

std::optional<model::Located<std::int64_t>> Reader::integer(std::string_view name) const {
  const auto found = text(name);
  const auto number = found ? parse_integer(found->text) : std::nullopt;
  if (!number) return std::nullopt;
  return model::Located<std::int64_t>{*number, found->where};
}

std::filesystem::path Reader::resolve(const std::string& text) const {
  return (context_->directory / text).lexically_normal();
}

std::optional<std::filesystem::path> Reader::path(std::string_view name) const {
  auto found = located_path(name);
  if (!found) return std::nullopt;
  return std::move(found->value);
}

std::optional<model::Located<std::filesystem::path>>
Reader::located_path(std::string_view name) const {
  const auto found = text(name);
  if (!found || found->text.empty()) return std::nullopt;
  return model::Located<std::filesystem::path>{resolve(found->text), found->where};
}

std::vector<model::LocatedText> Reader::texts(std::string_view name) const {
  std::vector<model::LocatedText> result;
  const yaml::Node* value = find_given(name);
  if (value == nullptr) return result;
  if (value->is_scalar() && context_->checker.is_clean(*value))
    result.push_back({value->text, value->where});
  const Type* list = form_for(*value, *key(name).type);
  if (list == nullptr || list->item == nullptr) return result;
  for (const yaml::Node& item : value->items) {
    const bool is_given = item.is_scalar() && !is_absent(item, *list->item);
    if (is_given && context_->checker.is_clean(item))
      result.push_back({in_form(list->item->form, item.text), item.where});
  }
  return result;
}

std::vector<std::string> Reader::plain_texts(std::string_view name) const {
  std::vector<std::string> result;
  for (model::LocatedText& each : texts(name))
    result.push_back(std::move(each.text));
  return result;
}

std::vector<model::Located<std::filesystem::path>> Reader::paths(std::string_view name) const {
  std::vector<model::Located<std::filesystem::path>> result;
  for (const model::LocatedText& each : texts(name))
    result.push_back({resolve(each.text), each.where});
  return result;
}

std::map<std::string, model::LocatedText> Reader::text_map(std::string_view name) const {
  std::map<std::string, model::LocatedText> result;
  const yaml::Node* value = find_given(name);
  if (value == nullptr) return result;
  for (const yaml::Entry& entry : value->entries) {
    const bool is_text = entry.value.is_scalar() || entry.value.is_null();
    if (!is_text || !context_->checker.is_clean(entry.value)) continue;
    result[entry.key] = {entry.value.text, entry.where};
  }
  return result;
}

std::map<std::string, std::string> Reader::plain_text_map(std::string_view name) const {
  std::map<std::string, std::string> result;
  for (auto& [key, value] : text_map(name))
    result[key] = std::move(value.text);
  return result;
}

std::optional<model::Located<int>> Reader::word_value(std::string_view name) const {
  const auto found = text(name);
  const Word* word = found ? find_word(key(name).type->words, found->text) : nullptr;
  if (word == nullptr) return std::nullopt;
  return model::Located<int>{word->value, found->where};
}

std::vector<model::Located<int>> Reader::word_values(std::string_view name) const {
  std::vector<model::Located<int>> result;
  const Type& item_type = *key(name).type->item;
  for (const model::LocatedText& each : texts(name)) {
    if (const Word* word = find_word(item_type.words, each.text))
      result.push_back({word->value, each.where});
  }
  return result;
}

std::optional<Reader> Reader::mapping(std::string_view name) const {
  const yaml::Node* value = find_given(name);
  const Type* form =
      value != nullptr && value->is_mapping() ? form_for(*value, *key(name).type) : nullptr;
  if (form == nullptr || form->shape != Shape::mapping) return std::nullopt;
  return Reader(*value, *form, *context_);
}

std::vector<Reader> Reader::mappings(std::string_view name) const {
  std::vector<Reader> result;
  const yaml::Node* value = find_given(name);
  if (value == nullptr || !value->is_sequence()) return result;
  const Type& item_type = *form_for(*value, *key(name).type)->item;
  for (const yaml::Node& item : value->items) {
    const Type* form = form_for(item, item_type);
    if (item.is_mapping() && form != nullptr) result.emplace_back(item, *form, *context_);
  }
  return result;
}

} // namespace imagewright::config
