// SPDX-License-Identifier: MIT
#include <filesystem>
#include <fstream>

#include <catch2/catch.hpp>

#include "question.hpp"

using namespace imagewright;

namespace {

void prepare(Question& question) {
  question.add({{.name = "app", .needs = {"data", "/usr/bin/tool"}, .files = {"/usr/bin/app"}},
                {.name = "data", .files = {"/usr/share/data"}},
                {.name = "tool", .version = "2", .epoch = "1", .files = {"/usr/bin/tool"}},
                {.name = "extra"}});
  question.want({"app"}).request.solution_cache = question.scratch / "solutions";
}

std::vector<std::filesystem::path> kept_in(const Question& question) {
  std::vector<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::directory_iterator(question.request.solution_cache))
    files.push_back(entry.path());
  return files;
}

/// From now on only what was kept can be the answer.
void spoil_metadata(Question& question) {
  question.scratch.write("a/primary", "gone");
  question.scratch.write("a/filelists", "gone");
}

} // namespace

TEST_CASE("an answer that was kept is the same in everything") {
  Question question;
  prepare(question);
  const auto use =
      GENERATE(resolve::FileListUse::where_needed, resolve::FileListUse::of_every_package);
  question.request.file_lists = use;
  const resolve::Resolution solved = question.resolution();
  CHECK(solved.packages.size() == 3);
  CHECK(!solved.dependencies.empty());
  CHECK(!solved.providers.empty());
  CHECK(kept_in(question).size() == 1);
  spoil_metadata(question);
  CHECK(question.resolution() == solved);
}

TEST_CASE("packages that are stored are kept with the answer") {
  Question question;
  prepare(question);
  question.request.stored.push_back({.spec = "extra", .where = {}, .origin = "additionalFiles"});
  const resolve::Resolution solved = question.resolution();
  REQUIRE(solved.stored.size() == 1);
  CHECK(solved.stored.at(0).package.nevra.name == "extra");
  spoil_metadata(question);
  CHECK(question.resolution() == solved);
}

TEST_CASE("a kept answer has the places of the question") {
  Question question;
  prepare(question);
  question.packages();
  spoil_metadata(question);
  question.request.packages.at(0).where.line = 77;
  CHECK(question.resolution().requests.at(0).request.where.line == 77);
}

TEST_CASE("another question has another answer") {
  Question question;
  prepare(question);
  CHECK(question.packages().size() == 3);
  spoil_metadata(question);
  resolve::ResolveRequest& request = question.request;
  SECTION("one more wish") {
    question.want({"app", "extra"});
  }
  SECTION("another architecture") {
    request.architecture.rpm_accepts.pop_back();
  }
  SECTION("an exclude") {
    request.excludes.push_back({.pattern = "extra", .where = {}});
  }
  SECTION("a package that is stored") {
    request.stored.push_back({.spec = "extra", .where = {}, .origin = "os.additionalFiles"});
  }
  SECTION("a pin of one that is stored") {
    request.stored_pins.push_back({.nevra = {.name = "extra"}});
  }
  SECTION("a pin") {
    request.pins.push_back({.nevra = {.name = "app"}});
  }
  SECTION("weak dependencies") {
    request.weak_dependencies = resolve::WeakDependencies::installed;
  }
  SECTION("a point in time") {
    request.snapshot = resolve::Snapshot{};
  }
  SECTION("lists of files") {
    request.file_lists = resolve::FileListUse::of_every_package;
  }
  SECTION("other metadata") {
    request.repositories.at(0).metadata.hex.back() ^= 1;
  }
  SECTION("another priority") {
    request.repositories.at(0).repository.priority = 1;
  }
  SECTION("a filter") {
    request.repositories.at(0).repository.exclude_packages.emplace_back("extra");
  }
  SECTION("one more repository") {
    request.repositories.push_back(request.repositories.at(0));
  }
  CHECK_THROWS(question.ask());
}

TEST_CASE("a no is not kept") {
  Question question;
  prepare(question);
  question.want({"nothing-like-it"});
  CHECK(question.problems().size() == 1);
  CHECK(!std::filesystem::exists(question.request.solution_cache));
}

TEST_CASE("an answer that is damaged or that others can write is not believed") {
  Question question;
  prepare(question);
  const resolve::Resolution solved = question.resolution();
  const auto file = kept_in(question).at(0);
  const std::string whole = imagewright_test::read_text(file);
  SECTION("cut off") {
    std::filesystem::resize_file(file, whole.size() / 2);
  }
  SECTION("empty") {
    std::filesystem::resize_file(file, 0);
  }
  SECTION("a flipped byte") {
    std::string content = whole;
    content.back() = static_cast<char>(content.back() ^ 1);
    std::ofstream(file, std::ios::binary) << content;
  }
  SECTION("of another question") {
    Question other;
    prepare(other);
    other.want({"app", "extra"}).request.solution_cache = question.request.solution_cache;
    other.packages();
    for (const auto& path : kept_in(question)) {
      if (path != file)
        std::filesystem::copy_file(path, file, std::filesystem::copy_options::overwrite_existing);
    }
  }
  SECTION("others can write it") {
    std::filesystem::permissions(file, std::filesystem::perms::others_write,
                                 std::filesystem::perm_options::add);
  }
  CHECK(question.resolution() == solved);
  CHECK(imagewright_test::read_text(file) == whole);
}

TEST_CASE("where answers cannot be kept they are found each time") {
  Question question;
  prepare(question);
  question.request.solution_cache = question.scratch.write("file", "") / "below";
  CHECK(question.packages().size() == 3);
  CHECK(question.packages().size() == 3);
}
