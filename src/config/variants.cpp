// SPDX-License-Identifier: MIT
#include "config/variants.hpp"

#include <array>
#include <map>
#include <string_view>
#include <vector>

#include <fmt/format.h>

#include <imagewright/base/suggest.hpp>
#include <imagewright/base/text.hpp>

#include "config/language/language.hpp"

namespace imagewright::config {

namespace {

constexpr std::array<std::string_view, 4> k_of_the_file{"baseConfigs", "roles", "variants",
                                                        "previewFeatures"};
/// The command line's word for each of them.
constexpr std::string_view k_every = "all";

const yaml::Node* variants_of(const CheckedDocument& document) {
  const auto root = document.root();
  const yaml::Node* variants = root ? root->node().find("variants") : nullptr;
  return variants != nullptr && variants->is_mapping() ? variants : nullptr;
}

base::Diagnostics check_keys(const yaml::Entry& variant) {
  base::Diagnostics diagnostics;
  if (variant.key == k_every) {
    diagnostics.error("config.bad-value", "\"all\" means every variant, and cannot be one of them",
                      variant.where, "choose another name");
  }
  for (const std::string_view key : k_of_the_file) {
    const yaml::Node* value = variant.value.find(key);
    if (value == nullptr) continue;
    diagnostics.error("config.conflict",
                      fmt::format("{} is for the file as a whole, not for the variant {}",
                                  base::quoted(key), base::quoted(variant.key)),
                      value->where, "write it beside \"variants\"");
  }
  return diagnostics;
}

/// A text below `output` of a document.
std::string output_text(const CheckedDocument& document, bool is_image_path) {
  const auto root = document.root();
  const auto output = root ? root->mapping("output") : std::nullopt;
  if (!output) return {};
  if (!is_image_path) return output->text_or("name", "");
  const auto image = output->mapping("image");
  return image ? image->text_or("path", "") : "";
}

/// Files of two variants must not take each other's place.
class NameCheck {
public:
  NameCheck(const CheckedDocument& document, const std::filesystem::path& path)
      : document_(document), path_(path), shared_name_(output_text(document, false)),
        shared_path_(output_text(document, true)) {}

  void add(const yaml::Entry& variant) {
    const CheckedDocument part(document_, variant.value, k_image_config_type);
    std::string name = output_text(part, false);
    if (name.empty() && !shared_name_.empty()) name = shared_name_ + "-" + variant.key;
    if (name.empty()) name = default_name(path_, variant.key);
    note(name, variant);
    std::string image_path = output_text(part, true);
    if (image_path.empty()) image_path = shared_path_;
    if (!image_path.empty()) note(image_path, variant);
  }

  base::Diagnostics take() { return std::move(diagnostics_); }

private:
  void note(const std::string& name, const yaml::Entry& variant) {
    const auto [first, is_new] = known_.emplace(name, variant.where);
    if (is_new) return;
    diagnostics_.add(
        {.code = "config.duplicate-name",
         .message = fmt::format("two variants would be written as {}", base::quoted(name)),
         .where = variant.where,
         .related = {{first->second, "the first one stands here"}},
         .hint = "give each an output.name or output.image.path of its own"});
  }

  const CheckedDocument& document_;
  const std::filesystem::path& path_;
  std::string shared_name_;
  std::string shared_path_;
  std::map<std::string, base::SourceLocation> known_;
  base::Diagnostics diagnostics_;
};

} // namespace

base::Diagnostics check_variants(const CheckedDocument& document, const std::filesystem::path& path,
                                 bool is_named_by_another) {
  base::Diagnostics diagnostics;
  const yaml::Node* variants = variants_of(document);
  if (variants == nullptr) return diagnostics;
  if (is_named_by_another) {
    diagnostics.error("config.conflict", "a config that another one builds on has no variants",
                      variants->where, "move them to the config that builds on it");
    return diagnostics;
  }
  NameCheck names(document, path);
  for (const yaml::Entry& variant : variants->entries) {
    diagnostics.append(check_keys(variant));
    names.add(variant);
  }
  diagnostics.append(names.take());
  return diagnostics;
}

const yaml::Node* find_variant(const CheckedDocument& document, const std::string& name) {
  const yaml::Node* variants = variants_of(document);
  return variants == nullptr ? nullptr : variants->find(name);
}

base::Diagnostics no_such_variant(const CheckedDocument& document, const std::string& name,
                                  const std::filesystem::path& path) {
  std::vector<std::string> names;
  const yaml::Node* variants = variants_of(document);
  if (variants != nullptr) {
    for (const yaml::Entry& variant : variants->entries)
      names.push_back(variant.key);
  }
  std::string hint = base::did_you_mean(name, names);
  if (hint.empty()) {
    hint = names.empty() ? "leave the variant out, or add it under \"variants\""
                         : fmt::format("variants are {}", base::join(names, ", "));
  }
  base::Diagnostics diagnostics;
  diagnostics.error(
      "config.no-such-variant",
      fmt::format("{} has no variant {}", base::quoted(path.string()), base::quoted(name)),
      variants != nullptr ? variants->where : base::SourceLocation{path.string(), 0, 0}, hint);
  return diagnostics;
}

std::string default_name(const std::filesystem::path& path, const std::string& variant) {
  const std::string stem = path.stem().string();
  return variant.empty() ? stem : stem + "-" + variant;
}

} // namespace imagewright::config
