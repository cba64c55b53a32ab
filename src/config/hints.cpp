// SPDX-License-Identifier: MIT
#include "config/hints.hpp"

#include <algorithm>
#include <cctype>
#include <iterator>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include <imagewright/base/suggest.hpp>
#include <imagewright/base/text.hpp>
#include <imagewright/model/architecture_names.hpp>

#include "config/language/language.hpp"
#include "config/language/text_checks.hpp"
#include "config/values.hpp"

namespace imagewright::config {

namespace {

/// More places than these are no help.
constexpr std::size_t k_most_owners = 3;

const Key* find_by_other_name(std::span<const Key> keys, const std::string& name) {
  for (const Key& key : keys) {
    const std::vector<std::string> others = base::split_whitespace(key.also_called);
    if (std::find(others.begin(), others.end(), name) != others.end()) return &key;
  }
  return nullptr;
}

/// What others say by a key, and what is another thing here.
std::string way_to(const Type& type, std::string_view name) {
  const bool is_of_user = find_key(type.keys, "sshPublicKeys") != nullptr;
  if (is_of_user && (name == "sudo" || name == "admin" || name == "sudoers"))
    return "let os.additionalFiles write a file below /etc/sudoers.d, such as \"NAME ALL=(ALL:ALL) "
           "NOPASSWD: ALL\" with permissions 440, and install sudo";
  return {};
}

/// Paths of the mappings that have a key of this name, for a key that stands in the wrong place.
class OwnerSearch {
public:
  OwnerSearch(const Type& start, std::string_view name) : name_(name) { collect(start, ""); }

  std::vector<std::string> take() { return std::move(owners_); }

private:
  /// What stands in itself again, as a whole config does in a variant, has its keys once.
  void collect(const Type& type, const std::string& path) {
    if (std::ranges::find(within_, &type) != within_.end()) return;
    within_.push_back(&type);
    if (type.item != nullptr) collect(*type.item, path + (type.shape == Shape::list ? "[]" : ".*"));
    for (const Key& key : type.keys) {
      if (!key.current_spelling.empty() || !key.removed_hint.empty()) continue;
      if (key.name == name_) {
        // Of two that stand in one another the outer one is meant.
        owners_.push_back(path);
        continue;
      }
      collect(*key.type,
              path.empty() ? std::string(key.name) : fmt::format("{}.{}", path, key.name));
    }
    within_.pop_back();
  }

  std::string_view name_;
  std::vector<const Type*> within_;
  std::vector<std::string> owners_;
};

std::vector<std::string> owners_of(std::string_view name, const Type& start) {
  return OwnerSearch(start, name).take();
}

/// About "os.hostname" or "os/hostname" for a key below another; empty when it is no such path.
std::string path_meant_by(const Type& type, const std::string& written) {
  std::string text = written;
  std::replace(text.begin(), text.end(), '/', '.');
  const std::vector<std::string> names = base::split(text, '.');
  const Type* place = &type;
  for (const std::string& name : names) {
    const Key* key = place == nullptr ? nullptr : find_key(place->keys, name);
    if (key == nullptr) return {};
    place = key->type;
  }
  if (names.size() < 2) return {};
  return fmt::format("write \"{}:\", and \"{}:\" on the next line, indented", names[0], names[1]);
}

bool has_empty(const std::vector<std::string>& texts) {
  return std::ranges::any_of(texts, &std::string::empty);
}

/// About a sign too much or too little in what is written; empty: none.
std::string hint_for_slip(const Type& root, const Type& type, const std::string& written) {
  if (written.starts_with('-') && find_key(type.keys, written) == nullptr) {
    const std::string item = written.substr(1);
    if (!owners_of(item, root).empty())
      return fmt::format("write a blank behind the dash: \"- {}\"", item);
  }
  if (written.starts_with("/*") || written.starts_with("//"))
    return "write a comment with \"#\" before it";
  return path_meant_by(type, written);
}

/// The key of this mapping that is meant; empty: none is near.
std::string hint_for_name(const Type& type, const std::string& written) {
  const std::string name = without_adornments(written);
  if (name != written && find_key(type.keys, name) != nullptr)
    return fmt::format("did you mean {}?", base::quoted(name));
  if (const Key* key = find_by_other_name(type.keys, name))
    return fmt::format("did you mean {}?", base::quoted(key->name));
  if (std::string way = way_to(type, name); !way.empty()) return way;
  return base::did_you_mean(name, current_names(type.keys));
}

/// Another mapping or file that has such a key; empty: none, or too many to tell.
std::string hint_for_place(const Type& root, const Type& type, const std::string& name) {
  // What is meant is rather below the place where it stands than elsewhere.
  std::vector<std::string> owners = owners_of(name, type);
  if (&type != &root && !owners.empty() && owners.size() <= k_most_owners) {
    return fmt::format("{} belongs under {} of it", base::quoted(name),
                       base::join(quoted_texts(owners), " or "));
  }
  owners = owners_of(name, root);
  if (owners.size() == 1 && owners[0].empty())
    return fmt::format("{} belongs at the top of the file", base::quoted(name));
  if (!owners.empty() && owners.size() <= k_most_owners && !has_empty(owners)) {
    return fmt::format("{} belongs under {}", base::quoted(name),
                       base::join(quoted_texts(owners), " or "));
  }
  if (&root == &k_image_config_type && find_key(k_inject_files_type.keys, name) != nullptr) {
    return fmt::format(
        "{} belongs into a file of its own, a list of files to put back, which inject-files "
        "and validate read",
        base::quoted(name));
  }
  return {};
}

/// Digits with a zero in front: octal to some readers of YAML, decimal to others.
bool is_zero_padded(const std::string& text) {
  return text.size() > 1 && text[0] == '0' &&
         text.find_first_not_of("0123456789") == std::string::npos;
}

} // namespace

yaml::NodeKind kind_of(Shape shape) {
  switch (shape) {
  case Shape::list:
    return yaml::NodeKind::sequence;
  case Shape::mapping:
  case Shape::map:
    return yaml::NodeKind::mapping;
  case Shape::text:
  case Shape::boolean:
  case Shape::integer:
  case Shape::word:
    break;
  }
  return yaml::NodeKind::scalar;
}

std::vector<std::string> texts_of(std::span<const Word> words) {
  std::vector<std::string> texts;
  for (const Word& word : words)
    texts.emplace_back(word.text);
  return texts;
}

std::string words_text(const Type& type) {
  if (type.words.size() == 1) return base::quoted(type.words.front().text);
  return fmt::format("one of {}", base::join(texts_of(type.words), ", "));
}

std::string name_of(const Type& type) {
  const yaml::NodeKind kind = kind_of(type.shape);
  if (kind != yaml::NodeKind::scalar) return std::string(yaml::to_string(kind));
  if (!type.title.empty()) return std::string(type.title);
  return words_text(type);
}

std::vector<std::string> current_names(std::span<const Key> keys) {
  std::vector<std::string> names;
  for (const Key& key : keys) {
    if (key.current_spelling.empty() && key.removed_hint.empty()) names.emplace_back(key.name);
  }
  return names;
}

std::vector<std::string> quoted_texts(const std::vector<std::string>& texts) {
  std::vector<std::string> result;
  for (const std::string& text : texts)
    result.push_back(base::quoted(text));
  return result;
}

std::string names_of_forms(const Type& type) {
  std::string text = name_of(type);
  for (const Type* form = type.other_form; form != nullptr; form = form->other_form) {
    if (form->current_form.empty()) text += " or " + name_of(*form);
  }
  return text;
}

std::string without_adornments(std::string_view text) {
  constexpr std::string_view unseen[] = {"\u00a0", "\u00ad", "\u200b", "\u200c",
                                         "\u200d", "\u2060", "\ufeff"};
  constexpr std::string_view quotes[] = {"\u2018", "\u2019", "\u201a", "\u201c",
                                         "\u201d", "\u201e", "\u00ab", "\u00bb"};
  std::string result(text.substr(0, text.find(" //")));
  const auto remove = [&](std::string_view sign) {
    for (std::size_t at = result.find(sign); at != std::string::npos; at = result.find(sign, at))
      result.erase(at, sign.size());
  };
  std::ranges::for_each(unseen, remove);
  std::ranges::for_each(quotes, remove);
  const std::size_t last = result.find_last_not_of(" \t,;'\"`");
  result.erase(last == std::string::npos ? 0 : last + 1);
  result.erase(0, std::min(result.find_first_not_of(" \t'\"`"), result.size()));
  return result;
}

std::string hint_for_unknown(const Type& root, const Type& type, const std::string& written) {
  for (const std::string& hint : {hint_for_slip(root, type, written), hint_for_name(type, written),
                                  hint_for_place(root, type, without_adornments(written))}) {
    if (!hint.empty()) return hint;
  }
  return fmt::format("keys here are {}", base::join(current_names(type.keys), ", "));
}

std::string owner_name(const Type& type, std::string_view label) {
  return label.starts_with('"') || type.title.empty() ? std::string(label)
                                                      : std::string(type.title);
}

std::string hint_for_other_word(const std::string& text, const Type& type) {
  constexpr std::pair<std::string_view, std::string_view> known[] = {
      {"bios", "legacy"},  {"uefi", "efi"},   {"off", "disabled"},    {"false", "disabled"},
      {"true", "enabled"}, {"on", "enabled"}, {"label", "part-label"}};
  std::vector<std::pair<std::string_view, std::string_view>> all(std::begin(known),
                                                                 std::end(known));
  for (const model::ArchitectureName& architecture : model::k_architecture_names) {
    for (const std::string_view other : architecture.other_names)
      all.emplace_back(other, architecture.name);
  }
  for (const auto& [other, ours] : all) {
    if (other == text && find_word(type.words, ours) != nullptr)
      return fmt::format("did you mean {}?", base::quoted(ours));
  }
  return {};
}

std::string hint_for_number(const std::string& text, const Type& type) {
  if (is_zero_padded(text)) {
    const std::string_view digits =
        std::string_view(text).substr(std::min(text.find_first_not_of('0'), text.size() - 1));
    const auto octal = parse_integer(fmt::format("0o{}", digits));
    return octal && *octal > 7
               ? fmt::format("write {}, or {} if octal digits are meant: readers of YAML disagree",
                             digits, *octal)
               : fmt::format("write {}", digits);
  }
  return parse_integer(text) ? "remove the quotes" : fmt::format("write {}", type.title);
}

} // namespace imagewright::config
