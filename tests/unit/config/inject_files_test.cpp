// SPDX-License-Identifier: MIT
// Lists of files to put back, and all that is said about each:
// tests/golden/inject-files/CASE/{inject-files.yaml,expected.txt}.
#include <algorithm>
#include <filesystem>
#include <fstream>
#include <optional>
#include <sstream>
#include <string>
#include <vector>

#include <imagewright_test/golden.hpp>
#include <imagewright_test/scratch.hpp>

#include <catch2/catch.hpp>

#include <imagewright/base/error.hpp>
#include <imagewright/base/render.hpp>
#include <imagewright/config/inject_files.hpp>
#include <imagewright/config/load.hpp>
#include <imagewright/fs/file.hpp>

using namespace imagewright;

namespace {

constexpr config::LoadOptions k_without_files{.file_checks = config::FileChecks::skipped};
constexpr const char* k_list = "injectFiles:\n"
                               "- {partition: {id: 1A2B-3C4D}, destination: /a, source: a.efi}\n"
                               "previewFeatures: [inject-files]\n";

std::vector<std::filesystem::path> cases() {
  std::vector<std::filesystem::path> directories;
  for (const auto& entry : std::filesystem::directory_iterator(
           imagewright_test::source_directory() / "tests/golden/inject-files"))
    directories.push_back(entry.path());
  std::sort(directories.begin(), directories.end());
  return directories;
}

std::string said(const base::Diagnostics& diagnostics, const std::string& text) {
  std::string all;
  const auto line = [&](const std::string&, std::uint32_t number) -> std::optional<std::string> {
    std::istringstream stream(text);
    std::string found;
    while (number > 0 && std::getline(stream, found))
      --number;
    return number == 0 ? std::optional(found) : std::nullopt;
  };
  for (const base::Diagnostic& each : diagnostics.items())
    all += base::render(each, line, base::Color::off);
  return all.empty() ? "nothing is wrong\n" : all;
}

} // namespace

TEST_CASE("each list of files to put back gets its whole message, or none") {
  const auto directories = cases();
  CHECK(directories.size() >= 40);
  for (const std::filesystem::path& directory : directories) {
    INFO(directory.filename());
    const std::string text = fs::read_file(directory / "inject-files.yaml");
    CHECK(config::is_inject_files(text, "inject-files.yaml"));
    const auto found = config::check_inject_files(text, "inject-files.yaml", k_without_files);
    const bool is_valid = directory.filename().string().starts_with("valid-");
    CHECK(found.empty() == is_valid);
    imagewright_test::check_golden(directory / "expected.txt", said(found, text));
  }
}

TEST_CASE("a list of files to put back is known by its key or by its name") {
  CHECK(config::is_inject_files(k_list, "signed.yaml"));
  CHECK(config::is_inject_files("injectFile: []\n", "out/inject-files.yaml"));
  CHECK(config::is_inject_files("- a\n", "inject-files.yaml"));
  CHECK(config::is_inject_files("a: [\n", "inject-files.yaml"));
  CHECK_FALSE(config::is_inject_files("injectFile: []\n", "signed.yaml"));
  CHECK_FALSE(config::is_inject_files("os: {hostname: node}\n", "inject-files.yaml"));
  CHECK_FALSE(config::is_inject_files("injectFiles: []\nos: {hostname: node}\n", "node.yaml"));
  CHECK_FALSE(config::is_inject_files("os: {hostname: injectFiles}\n", "node.yaml"));
}

TEST_CASE("an image config with files to put back is told where they belong") {
  const std::string text = "injectFiles: []\nos: {hostname: node}\n";
  try {
    config::load_image_config_text(text, "node.yaml");
    FAIL("the config was taken");
  } catch (const base::InputError& error) {
    REQUIRE(error.diagnostics().items().size() == 1);
    CHECK(error.diagnostics().items().front().code == "config.unknown-key");
    CHECK(error.diagnostics().items().front().hint.find("a file of its own") != std::string::npos);
  }
}

TEST_CASE("sources of files to put back start beside the list, and must be there") {
  const imagewright_test::ScratchDirectory scratch;
  const std::filesystem::path list = scratch.path() / "inject-files.yaml";
  const auto codes = [&](config::FileChecks checks) {
    std::vector<std::string> found;
    const auto problems = config::check_inject_files(k_list, list, {.file_checks = checks});
    for (const base::Diagnostic& each : problems.items())
      found.push_back(each.code);
    return found;
  };
  CHECK(codes(config::FileChecks::performed) == std::vector<std::string>{"config.missing-file"});
  CHECK(codes(config::FileChecks::skipped).empty());
  std::filesystem::create_directory(scratch.path() / "a.efi");
  CHECK(codes(config::FileChecks::performed) == std::vector<std::string>{"config.missing-file"});
  std::filesystem::remove(scratch.path() / "a.efi");
  std::ofstream(scratch.path() / "a.efi") << "signed";
  CHECK(codes(config::FileChecks::performed).empty());
}
