// SPDX-License-Identifier: MIT
#include <cstdlib>
#include <fstream>
#include <sstream>
#include <system_error>

#include <imagewright_test/scratch.hpp>

#include <catch2/catch.hpp>

namespace imagewright_test {

ScratchDirectory::ScratchDirectory() {
  std::string pattern =
      (std::filesystem::temp_directory_path() / "imagewright-test-XXXXXX").string();
  REQUIRE(::mkdtemp(pattern.data()) != nullptr);
  path_ = pattern;
}

ScratchDirectory::~ScratchDirectory() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

std::filesystem::path ScratchDirectory::write(std::string_view name,
                                              std::string_view content) const {
  const std::filesystem::path file = path_ / name;
  std::filesystem::create_directories(file.parent_path());
  std::ofstream stream(file, std::ios::binary);
  stream << content;
  stream.close();
  REQUIRE(stream.good());
  return file;
}

std::filesystem::path source_directory() {
  return IMAGEWRIGHT_SOURCE_DIR;
}

std::optional<std::filesystem::path> find_shared_data(std::string_view name) {
  const std::filesystem::path path = source_directory() / "../shared/data" / name;
  std::error_code error;
  if (!std::filesystem::exists(path, error)) return std::nullopt;
  return std::filesystem::canonical(path);
}

std::string read_text(const std::filesystem::path& path) {
  std::ifstream stream(path, std::ios::binary);
  INFO("reading " << path.string());
  REQUIRE(stream.good());
  std::ostringstream text;
  text << stream.rdbuf();
  return text.str();
}

bool has_program(const std::string& name) {
  const char* search_path = std::getenv("PATH");
  std::istringstream directories(search_path != nullptr ? search_path : "");
  for (std::string directory; std::getline(directories, directory, ':');) {
    std::error_code error;
    if (std::filesystem::exists(std::filesystem::path(directory) / name, error)) return true;
  }
  return false;
}

} // namespace imagewright_test
