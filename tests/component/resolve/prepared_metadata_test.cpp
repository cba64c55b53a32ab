// SPDX-License-Identifier: MIT
#include <filesystem>
#include <fstream>

#include <catch2/catch.hpp>

#include "question.hpp"

using namespace imagewright;

namespace {

void prepare(Question& question) {
  question.add({{.name = "app",
                 .needs = {"(helper if tool)", "/usr/share/data", "tool >= 1:2"},
                 .files = {"/usr/bin/app"}},
                {.name = "helper", .conflicts = {"nothing"}},
                {.name = "data", .files = {"/usr/share/data"}},
                {.name = "tool", .version = "2", .epoch = "1"}});
  question.want({"app"});
}

std::vector<std::filesystem::path> files_below(const std::filesystem::path& directory) {
  std::vector<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::directory_iterator(directory)) {
    files.push_back(entry.path());
  }
  return files;
}

} // namespace

TEST_CASE("prepared metadata gives the same answer as XML") {
  Question question;
  prepare(question);
  const auto plain = question.resolution();
  question.request.metadata_cache = question.scratch / "prepared";
  CHECK(question.resolution() == plain);
  CHECK(files_below(question.request.metadata_cache).size() == 2);
  // From now on the XML is not looked at.
  question.scratch.write("a/primary", "gone");
  question.scratch.write("a/filelists", "gone");
  CHECK(question.resolution() == plain);
}

TEST_CASE("damaged prepared metadata is made again") {
  Question question;
  prepare(question);
  question.request.metadata_cache = question.scratch / "prepared";
  const auto plain = question.resolution();
  for (const auto& path : files_below(question.request.metadata_cache)) {
    SECTION("cut off " + path.filename().string()) {
      std::filesystem::resize_file(path, std::filesystem::file_size(path) / 2);
      CHECK(question.resolution() == plain);
    }
    SECTION("a flipped byte in " + path.filename().string()) {
      std::string content = imagewright_test::read_text(path);
      content[content.size() / 2] = static_cast<char>(content[content.size() / 2] ^ 1);
      std::ofstream(path, std::ios::binary) << content;
      CHECK(question.resolution() == plain);
      CHECK(imagewright_test::read_text(path) != content);
    }
  }
}

TEST_CASE("a cache that cannot be written is done without") {
  Question question;
  prepare(question);
  question.request.metadata_cache = question.scratch.write("file", "") / "below";
  CHECK(question.packages().size() == 4);
}

TEST_CASE("a prepared file of other metadata is not believed") {
  Question honest;
  honest.add({{.name = "app", .version = "1"}});
  honest.want({"app"}).request.metadata_cache = honest.scratch / "prepared";
  Question evil;
  evil.add({{.name = "app", .version = "666"}});
  evil.want({"app"}).request.metadata_cache = evil.scratch / "prepared";
  CHECK(honest.packages() == std::vector<std::string>{"app-1-1.x86_64"});
  CHECK(evil.packages() == std::vector<std::string>{"app-666-1.x86_64"});
  const auto theirs = files_below(evil.request.metadata_cache).at(0);
  const auto ours = files_below(honest.request.metadata_cache).at(0);
  std::filesystem::copy_file(theirs, ours, std::filesystem::copy_options::overwrite_existing);
  CHECK(honest.packages() == std::vector<std::string>{"app-1-1.x86_64"});
}

TEST_CASE("a prepared file that others can write is not believed") {
  Question question;
  question.add({{.name = "app"}});
  question.want({"app"}).request.metadata_cache = question.scratch / "prepared";
  CHECK(question.packages().size() == 1);
  const auto file = files_below(question.request.metadata_cache).at(0);
  std::filesystem::permissions(file, std::filesystem::perms::others_write,
                               std::filesystem::perm_options::add);
  question.scratch.write("a/primary", "gone");
  CHECK_THROWS(question.packages());
}
