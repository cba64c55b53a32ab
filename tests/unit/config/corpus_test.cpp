// SPDX-License-Identifier: MIT
// Configs that other people wrote for Azure Linux Image Customizer, with what is known about each.
#include <filesystem>
#include <sstream>
#include <string>
#include <vector>

#include <imagewright_test/scratch.hpp>
#include <imagewright_test/skip.hpp>

#include <catch2/catch.hpp>

#include <imagewright/base/error.hpp>
#include <imagewright/base/render.hpp>
#include <imagewright/config/load.hpp>

namespace {

using imagewright::base::Diagnostic;
using imagewright::base::Severity;
using imagewright::config::FileChecks;
using imagewright::config::load_image_config;

struct Verdict {
  std::vector<Diagnostic> errors;
  std::vector<Diagnostic> warnings;
};

Verdict judge(const std::filesystem::path& path) {
  Verdict verdict;
  try {
    verdict.warnings =
        load_image_config(path, {.file_checks = FileChecks::skipped}).warnings.items();
  } catch (const imagewright::base::InputError& error) {
    for (const Diagnostic& each : error.diagnostics().items()) {
      (each.severity == Severity::error ? verdict.errors : verdict.warnings).push_back(each);
    }
  }
  return verdict;
}

std::string text_of(const std::vector<Diagnostic>& diagnostics) {
  std::string text;
  for (const Diagnostic& each : diagnostics)
    text += imagewright::base::render(each, {}, imagewright::base::Color::off);
  return text;
}

} // namespace

TEST_CASE("accepts and refuses the configs of Image Customizer's own tests as it does") {
  const auto data = imagewright_test::find_shared_data("azure-configs");
  if (!data) IMAGEWRIGHT_SKIP("no shared data: azure-configs");
  std::istringstream classes(imagewright_test::read_text(*data / "CLASSES.tsv"));
  std::string line;
  int count = 0;
  while (std::getline(classes, line)) {
    const std::size_t tab = line.find('\t');
    if (line.starts_with('#') || tab == std::string::npos) continue;
    const std::string name = line.substr(0, tab);
    const std::string kind = line.substr(tab + 1);
    if (kind == "PACKAGE-LIST") continue;
    Verdict verdict = judge(*data / name);
    INFO(name << " is " << kind << "\n" << text_of(verdict.errors));
    const bool must_fail = kind == "STATIC-INVALID" || kind == "OTHER-SCHEMA";
    CHECK(verdict.errors.empty() != must_fail);
    if (kind == "VALID") {
      // Some of its keys are words, which a warning says.
      std::erase_if(verdict.warnings,
                    [](const Diagnostic& each) { return each.code == "config.unusable-key"; });
      CHECK(text_of(verdict.warnings).empty());
    }
    if (kind == "LEGACY-KEY") CHECK_FALSE(verdict.warnings.empty());
    ++count;
  }
  CHECK(count > 100);
}

TEST_CASE("names the line at fault in configs that Image Customizer refuses") {
  const auto data = imagewright_test::find_shared_data("azure-configs/image-customizer");
  if (!data) IMAGEWRIGHT_SKIP("no shared data: azure-configs");
  const Verdict twice = judge(*data / "storage-more-than-one.yaml");
  REQUIRE(twice.errors.size() == 1);
  CHECK(twice.errors[0].code == "config.conflict");
  CHECK(twice.errors[0].where->line == 8);
  REQUIRE(twice.errors[0].related.size() == 1);
  CHECK(twice.errors[0].related[0].where.line == 2);
  const Verdict empty = judge(*data / "empty-config.yaml");
  REQUIRE(empty.errors.size() == 1);
  CHECK(empty.errors[0].code == "yaml.empty");
}

TEST_CASE("accepts the image definitions of the distribution") {
  const auto data = imagewright_test::find_shared_data("azure-configs/azurelinux-imageconfigs");
  if (!data) IMAGEWRIGHT_SKIP("no shared data: azure-configs");
  int count = 0;
  for (const auto& entry : std::filesystem::directory_iterator(*data)) {
    if (entry.path().extension() != ".yaml") continue;
    const Verdict verdict = judge(entry.path());
    INFO(entry.path() << "\n" << text_of(verdict.errors));
    CHECK(verdict.errors.empty());
    const bool is_old = entry.path().filename().string().starts_with("osguard");
    CHECK(verdict.warnings.empty() != is_old);
    ++count;
  }
  CHECK(count > 8);
}
