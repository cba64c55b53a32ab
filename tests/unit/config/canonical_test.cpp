// SPDX-License-Identifier: MIT
// Valid configs, and how each is understood: tests/golden/config-valid/CASE/{input.yaml,
// canonical.yaml}.
#include <algorithm>
#include <filesystem>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include <imagewright_test/golden.hpp>
#include <imagewright_test/scratch.hpp>
#include <imagewright_test/skip.hpp>

#include <catch2/catch.hpp>

#include <imagewright/base/error.hpp>
#include <imagewright/base/render.hpp>
#include <imagewright/base/text.hpp>
#include <imagewright/config/canonical.hpp>
#include <imagewright/config/load.hpp>
#include <imagewright/yaml/parse.hpp>

#include "config/language/language.hpp"

using namespace imagewright;
using config::Key;
using config::Secrets;
using config::Type;

namespace {

constexpr config::LoadOptions k_without_files{.file_checks = config::FileChecks::skipped};

std::filesystem::path golden_directory() {
  return imagewright_test::source_directory() / "tests/golden/config-valid";
}

std::vector<std::filesystem::path> cases() {
  std::vector<std::filesystem::path> directories;
  for (const auto& entry : std::filesystem::directory_iterator(golden_directory()))
    directories.push_back(entry.path());
  std::sort(directories.begin(), directories.end());
  return directories;
}

/// Without the comments at its top, which tell of the file that was read.
std::string body_of(const std::string& text) {
  std::size_t start = 0;
  while (start < text.size() && text[start] == '#')
    start = text.find('\n', start) + 1;
  return text.substr(start);
}

/// How the text of a config in the directory of `path` is understood; what is wrong with it when it
/// is no config.
std::string understood(const std::string& text, const std::filesystem::path& path) {
  try {
    return config::canonical_text(
        config::load_image_config_text(text, path, k_without_files).config, Secrets::shown);
  } catch (const base::InputError& error) {
    std::string problems;
    for (const base::Diagnostic& each : error.diagnostics().items())
      problems += base::render(each, {}, base::Color::off);
    return problems + "\nin\n" + text;
  }
}

/// Nothing when the config is not valid.
std::optional<std::string> canonical_of(const std::filesystem::path& path) {
  try {
    return config::canonical_text(config::load_image_config(path, k_without_files).config,
                                  Secrets::shown);
  } catch (const base::InputError&) {
    return std::nullopt;
  }
}

void check_round_trip(const std::filesystem::path& path, const std::string& canonical) {
  INFO(path);
  CHECK(body_of(understood(canonical, path)) == body_of(canonical));
}

/// The paths of all keys below a node: "os.packages.install".
void collect(const yaml::Node& node, const std::string& path, std::set<std::string>& keys) {
  for (const yaml::Node& item : node.items)
    collect(item, path + "[]", keys);
  for (const yaml::Entry& entry : node.entries) {
    const std::string name = path + "." + entry.key;
    keys.insert(name);
    collect(entry.value, name, keys);
  }
}

template <typename Visit>
void for_each_current_key(const Type& type, const std::string& path, Visit visit) {
  for (const Type* form = &type; form != nullptr; form = form->other_form) {
    if (!form->current_form.empty()) continue;
    if (form->item != nullptr)
      for_each_current_key(*form->item, path + (form->shape == config::Shape::list ? "[]" : ".*"),
                           visit);
    for (const Key& key : form->keys) {
      if (!key.current_spelling.empty() || !key.removed_hint.empty()) continue;
      // Merged in; a variant has the keys of the config.
      if (key.name == "variants") continue;
      const std::string name = path + "." + std::string(key.name);
      visit(name);
      for_each_current_key(*key.type, name, visit);
    }
  }
}

} // namespace

TEST_CASE("valid configs are understood as before") {
  const std::vector<std::filesystem::path> directories = cases();
  CHECK(directories.size() >= 150);
  for (const std::filesystem::path& directory : directories) {
    INFO(directory.filename());
    const std::string input = imagewright_test::read_text(directory / "input.yaml");
    imagewright_test::check_golden(directory / "canonical.yaml",
                                   understood(input, directory / "input.yaml"));
  }
}

TEST_CASE("a canonical config is a config that reads to the same value") {
  for (const std::filesystem::path& directory : cases()) {
    const auto canonical = canonical_of(directory / "input.yaml");
    INFO(directory.filename());
    REQUIRE(canonical);
    check_round_trip(directory / "canonical.yaml", *canonical);
  }
}

TEST_CASE("what is only warned of stays as it was understood, too") {
  for (const std::string name : {"warnings-only", "packages-is-list", "user-expiry"}) {
    const auto path =
        imagewright_test::source_directory() / "tests/golden/config" / name / "input.yaml";
    if (const auto canonical = canonical_of(path)) check_round_trip(path, *canonical);
  }
}

TEST_CASE("configs of others stay what they are in canonical form") {
  const auto data = imagewright_test::find_shared_data("azure-configs");
  if (!data) IMAGEWRIGHT_SKIP("no shared data: azure-configs");
  int count = 0;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(*data)) {
    if (entry.path().extension() != ".yaml") continue;
    const auto canonical = canonical_of(entry.path());
    if (!canonical) continue;
    check_round_trip(entry.path(), *canonical);
    ++count;
  }
  CHECK(count > 100);
}

TEST_CASE("the canonical form has every key of the language") {
  std::set<std::string> written;
  for (const std::filesystem::path& directory : cases()) {
    const auto canonical = canonical_of(directory / "input.yaml");
    if (!canonical) continue;
    const yaml::Document document = yaml::parse(*canonical, "canonical.yaml");
    if (document.root) collect(*document.root, "", written);
  }
  // These say where else to look, and what was found there is merged in.
  const std::set<std::string> merged_in = {".baseConfigs",
                                           ".baseConfigs[].path",
                                           ".os.packages.installLists",
                                           ".os.packages.removeLists",
                                           ".os.packages.updateLists",
                                           ".roles"};
  int count = 0;
  for_each_current_key(config::k_image_config_type, "", [&](const std::string& key) {
    INFO(key);
    CHECK(written.contains(key) != merged_in.contains(key));
    ++count;
  });
  CHECK(count > 150);
}

TEST_CASE("a canonical config hides passwords unless they are asked for, and stays valid") {
  const std::string hash = "$6$salt$" + std::string(86, 'a');
  const std::string text =
      "os:\n  users:\n  - {name: a, password: {type: plain-text, value: secret}}"
      "\n  - {name: b, password: {type: hashed, value: \"" +
      hash + "\"}}\n";
  const model::ImageConfig config = config::load_image_config_text(text, "node.yaml").config;
  const std::string masked = config::canonical_text(config);
  CHECK(masked.find("secret\n") == std::string::npos);
  CHECK(masked.find("salt") == std::string::npos);
  CHECK(masked.find("# Passwords are not shown") != std::string::npos);
  CHECK(body_of(understood(masked, "node.yaml")) == body_of(masked));
  const std::string shown = config::canonical_text(config, Secrets::shown);
  CHECK(shown.find("value: secret\n") != std::string::npos);
  CHECK(shown.find(hash) != std::string::npos);
}

TEST_CASE("a canonical config says which script it cannot name") {
  const imagewright_test::ScratchDirectory scratch;
  scratch.write("base.yaml", "scripts: {postCustomization: [{path: a.sh}]}\n");
  scratch.write("below/node.yaml",
                "previewFeatures: [base-configs]\nbaseConfigs: [{path: ../base.yaml}]\n");
  const auto canonical = canonical_of(scratch.path() / "below/node.yaml");
  REQUIRE(canonical);
  CHECK(canonical->starts_with("# What node.yaml says, with ../base.yaml.\n"
                               "# The script \"../a.sh\" lies outside of this directory"));
}

TEST_CASE("variables and arguments of scripts are shown only when somebody asks for it") {
  const std::string text =
      "scripts: {postCustomization: [{content: a, arguments: [--token=hunter2, --level=high], "
      "environmentVariables: {ANY: hunter2, EMPTY: }}]}\n";
  const auto config =
      config::load_image_config_text(text, golden_directory() / "x.yaml", k_without_files).config;
  const std::string masked = config::canonical_text(config, Secrets::masked);
  CHECK(masked.find("hunter2") == std::string::npos);
  CHECK(masked.find("# Variables of scripts") != std::string::npos);
  CHECK(masked.find("--level=high") != std::string::npos);
  CHECK(config::canonical_text(config, Secrets::shown).find("ANY: hunter2") != std::string::npos);
}
