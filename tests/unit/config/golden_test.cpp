// SPDX-License-Identifier: MIT
// Wrong configs, and exactly what is said about each:
// tests/golden/config/CASE/{input.yaml,expected.txt}. A case whose name starts with "release-" and
// that is no image config is a release profile.
#include <algorithm>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include <imagewright_test/golden.hpp>
#include <imagewright_test/scratch.hpp>

#include <catch2/catch.hpp>

#include <imagewright/base/error.hpp>
#include <imagewright/base/render.hpp>
#include <imagewright/config/load.hpp>

namespace {

using namespace imagewright;

/// Positions in these tests are relative to the case, so it has to be the working directory.
class WorkingDirectory {
public:
  explicit WorkingDirectory(const std::filesystem::path& directory)
      : before_(std::filesystem::current_path()) {
    std::filesystem::current_path(directory);
  }
  WorkingDirectory(const WorkingDirectory&) = delete;
  WorkingDirectory& operator=(const WorkingDirectory&) = delete;
  ~WorkingDirectory() { std::filesystem::current_path(before_); }

private:
  std::filesystem::path before_;
};

std::optional<std::string> read_line(const std::string& file, std::uint32_t number) {
  std::ifstream stream(file);
  std::string line;
  while (number > 0 && std::getline(stream, line))
    --number;
  return number == 0 ? std::optional(line) : std::nullopt;
}

bool is_release(const std::filesystem::path& directory) {
  return directory.filename().string().starts_with("release-") &&
         directory.filename() != "release-blank";
}

base::Diagnostics diagnostics_of(const std::filesystem::path& directory) {
  try {
    if (is_release(directory)) return config::load_release_profile("input.yaml").warnings;
    return config::load_image_config("input.yaml").warnings;
  } catch (const base::InputError& error) {
    return error.diagnostics();
  }
}

std::string replaced(std::string text, const std::string& from, const std::string& to) {
  for (std::size_t at = text.find(from); at != std::string::npos;
       at = text.find(from, at + to.size()))
    text.replace(at, from.size(), to);
  return text;
}

std::string message_of(const std::filesystem::path& directory) {
  const WorkingDirectory inside(directory);
  std::string text;
  const base::Diagnostics diagnostics = diagnostics_of(directory);
  for (const base::Diagnostic& each : diagnostics.items())
    text += base::render(each, read_line, base::Color::off);
  return replaced(text, std::filesystem::current_path().string(), "CASE");
}

std::vector<std::filesystem::path> cases() {
  std::vector<std::filesystem::path> directories;
  for (const auto& entry : std::filesystem::directory_iterator(
           imagewright_test::source_directory() / "tests/golden/config")) {
    directories.push_back(entry.path());
  }
  std::sort(directories.begin(), directories.end());
  return directories;
}

} // namespace

TEST_CASE("wrong configs are explained word for word as before") {
  const std::vector<std::filesystem::path> directories = cases();
  CHECK(directories.size() >= 150);
  for (const std::filesystem::path& directory : directories) {
    const std::string message = message_of(directory);
    INFO(directory.filename());
    CHECK_FALSE(message.empty());
    imagewright_test::check_golden(directory / "expected.txt", message);
  }
}

TEST_CASE("no message shows what the parser library calls things") {
  for (const std::filesystem::path& directory : cases()) {
    const std::string message = message_of(directory);
    INFO(directory.filename() << "\n" << message);
    CHECK(message.find("yaml-cpp") == std::string::npos);
    CHECK(message.find("flow") == std::string::npos);
  }
}
