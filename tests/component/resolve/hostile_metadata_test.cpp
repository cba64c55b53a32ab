// SPDX-License-Identifier: MIT
#include <cstdint>
#include <cstdlib>

#include <catch2/catch.hpp>

#include <imagewright/base/error.hpp>

#include "question.hpp"

using namespace imagewright;

namespace {

std::string code_of(Question& question) {
  try {
    question.ask();
  } catch (const base::Error& error) {
    return error.diagnostic().code;
  }
  return "no error";
}

/// A name of so many MiB, compressed to about a thousandth.
void write_bomb(const std::filesystem::path& path, int mebibytes) {
  const std::string command =
      "{ printf '<metadata xmlns=\"http://linux.duke.edu/metadata/common\" packages=\"1\">"
      "<package type=\"rpm\"><name>'; head -c " +
      std::to_string(mebibytes) + "M /dev/zero | tr '\\0' a; } | gzip -9 > " + path.string();
  REQUIRE(std::system(command.c_str()) == 0);
}

} // namespace

TEST_CASE("metadata that grows without end when it is decompressed is refused") {
  Question question;
  question.add({{.name = "app"}});
  // Compressed it is so large that its ratio decides. Under sanitizers libsolv copies a text anew
  // with each piece of it: what is four times larger takes sixteen times as long, and more than a
  // worker may.
  write_bomb(question.scratch / "a/primary", 80);
  question.want({"app"});
  CHECK(code_of(question) == "resolve.metadata-unreadable");
}

TEST_CASE("impossible sizes are refused where they are read") {
  for (const std::uint64_t size :
       {UINT64_MAX, UINT64_MAX - 5, std::uint64_t{1} << 63U, (std::uint64_t{1} << 40U) + 1}) {
    INFO(size);
    Question question;
    question.add({{.name = "app", .size = size}});
    question.want({"app"});
    CHECK(code_of(question) == "resolve.metadata-unreadable");
  }
}

TEST_CASE("a package is never placed outside of its repository") {
  for (const char* location :
       {"file:///etc/passwd", "http://elsewhere.invalid/app.rpm", "../app.rpm", "a/../../app.rpm",
        "a/%2e%2e/app.rpm", "a//app.rpm", "/dev/zero", "a/./app.rpm", "file:/etc/passwd"}) {
    INFO(location);
    Question question;
    question.add({{.name = "app", .location = location}}).base_url = "http://host.invalid/repo";
    question.want({"app"});
    CHECK(code_of(question) == "resolve.metadata-unreadable");
  }
}

TEST_CASE("a directory of this host is left for nothing but what is below it") {
  for (const char* base :
       {"file:///srv", "file:///etc", "file:///srv/repository", "file:///srv/repo/../other",
        "file:///srv/repo/%2e%2e/other", "file://srv/repo", "http://host.invalid/repo"}) {
    for (const bool is_path : {true, false}) {
      INFO(base);
      Question question;
      auto& repository = question.add({{.name = "app", .location = "app.rpm", .base = base}});
      repository.base_url = is_path ? "" : "file:///srv/repo";
      repository.path = is_path ? "/srv/repo" : "";
      question.want({"app"});
      CHECK(code_of(question) == "resolve.metadata-unreadable");
    }
  }
}

TEST_CASE("a base of its own is kept with a package when it leads to where it may") {
  const auto place_of = [](const std::string& base, const std::string& own) {
    Question question;
    question.add({{.name = "app", .location = "app.rpm", .base = base}}).base_url = own;
    const auto package = question.want({"app"}).resolution().packages.at(0);
    return package.location;
  };
  CHECK(place_of("http://pool.invalid/p/", "http://host.invalid/r") ==
        "http://pool.invalid/p/app.rpm");
  CHECK(place_of("https://pool.invalid/p", "http://host.invalid/r") ==
        "https://pool.invalid/p/app.rpm");
  CHECK(place_of("file:///srv/repo/pool", "file:///srv/repo") == "file:///srv/repo/pool/app.rpm");
  CHECK(place_of("pool", "http://host.invalid/r") == "pool/app.rpm");
  for (const char* base : {"file:///etc", "ftp://host.invalid", "http://user:word@host.invalid/p",
                           "http://host.invalid/p?token=1", "../pool", "http:///p"}) {
    INFO(base);
    Question question;
    question.add({{.name = "app", .location = "app.rpm", .base = base}}).base_url =
        "http://host.invalid/r";
    question.want({"app"});
    CHECK(code_of(question) == "resolve.metadata-unreadable");
  }
}

TEST_CASE("names that would steer a terminal or a CI service are refused") {
  for (const char* name : {"::error::app", "app\u202e", "app\u0085x"}) {
    INFO(name);
    Question question;
    question.add({{.name = name, .provides = {"wanted"}}});
    question.want({"wanted"});
    CHECK(code_of(question) == "resolve.metadata-unreadable");
  }
}

TEST_CASE("metadata without any requirement is told") {
  Question question;
  question.add({{.name = "app"}, {.name = "data"}});
  const auto warnings = question.want({"app"}).resolution().warnings;
  REQUIRE(warnings.size() == 1);
  CHECK(warnings[0].code == "resolve.no-requirements");
}
