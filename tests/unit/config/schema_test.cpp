// SPDX-License-Identifier: MIT
#include <regex>
#include <set>
#include <string>

#include <imagewright_test/golden.hpp>
#include <imagewright_test/scratch.hpp>

#include <catch2/catch.hpp>

#include <imagewright/config/schema.hpp>

#include "config/language/language.hpp"

using namespace imagewright;
using config::Key;
using config::Shape;
using config::Type;

namespace {

/// Calls `visit` for each key of a type and of everything below it.
template <typename Visit>
void for_each_key(const Type& type, const std::string& path, Visit visit, int depth = 12) {
  if (depth == 0) return;
  if (type.item != nullptr) for_each_key(*type.item, path + "[]", visit, depth - 1);
  if (type.other_form != nullptr) for_each_key(*type.other_form, path, visit, depth - 1);
  for (const Key& key : type.keys) {
    const std::string key_path = path + "." + std::string(key.name);
    visit(key, key_path);
    // A variant has the keys of the config.
    if (key.name == "variants") continue;
    if (key.type != nullptr) for_each_key(*key.type, key_path, visit, depth - 1);
  }
}

} // namespace

TEST_CASE("docs/config-reference.md says what the language table says") {
  imagewright_test::check_golden(imagewright_test::source_directory() / "docs/config-reference.md",
                                 config::reference_markdown());
}

TEST_CASE("every key of the language is documented") {
  int count = 0;
  for (const Type* root : {&config::k_image_config_type, &config::k_inject_files_type,
                           &config::k_release_profile_type, &config::k_package_list_type}) {
    for_each_key(*root, "", [&](const Key& key, const std::string& path) {
      INFO(path);
      CHECK(key.type != nullptr);
      CHECK((!key.documentation.empty() || !key.removed_hint.empty()));
      const bool has_gate = !key.preview.empty();
      if (has_gate)
        CHECK(config::find_word(config::k_preview_feature_type.words, key.preview) != nullptr);
      ++count;
    });
  }
  CHECK(count > 200);
}

TEST_CASE("examples and patterns of texts agree with their checks") {
  int count = 0;
  std::set<const Type*> seen;
  const auto check = [&](const Type& type) {
    if (type.check == nullptr || !seen.insert(&type).second) return;
    INFO(type.title << " " << type.pattern);
    CHECK_FALSE(type.pattern.empty());
    if (type.example.empty()) return;
    CHECK_FALSE(type.check(type.example));
    CHECK(std::regex_search(std::string(type.example), std::regex(std::string(type.pattern))));
    ++count;
  };
  for_each_key(config::k_image_config_type, "", [&](const Key& key, const std::string&) {
    for (const Type* form = key.type; form != nullptr; form = form->other_form) {
      check(*form);
      if (form->item != nullptr) check(*form->item);
    }
  });
  CHECK(count > 20);
}

TEST_CASE("the JSON Schema knows keys, words and old spellings") {
  const json::Value schema = config::json_schema();
  CHECK(*schema.find("additionalProperties")->find_bool() == false);
  const json::Value& os = *schema.find("properties")->find("os");
  const json::Value& mode =
      *os.find("properties")->find("selinux")->find("properties")->find("mode");
  // Four modes, and two ways to give none.
  CHECK(mode.find("enum")->find_array()->size() == 6);
  CHECK(mode.find("enumDescriptions")->find_array()->size() == 6);
  const json::Value& old = *os.find("properties")->find("resetBootLoaderType");
  CHECK(*old.find("deprecated")->find_bool());
  CHECK(json::to_text(schema) == json::to_text(json::parse(json::to_text(schema), "schema.json")));
}
