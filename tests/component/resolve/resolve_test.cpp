// SPDX-License-Identifier: MIT
#include <algorithm>

#include <catch2/catch.hpp>

#include <imagewright/base/error.hpp>

#include "question.hpp"

using namespace imagewright;
using Names = std::vector<std::string>;

TEST_CASE("a chosen package is described well enough to be locked") {
  Question question;
  question.add({{.name = "bash",
                 .version = "5.2",
                 .release = "3.azl3",
                 .epoch = "2",
                 .checksum = std::string(64, 'b'),
                 .location = "Packages/b/bash.rpm",
                 .size = 1234}});
  const auto resolution = question.want({"bash"}).resolution();
  REQUIRE(resolution.packages.size() == 1);
  const model::LockedPackage expected{
      .nevra = {.name = "bash",
                .epoch = 2,
                .version = "5.2",
                .release = "3.azl3",
                .architecture = "x86_64"},
      .repository = "a",
      .location = "Packages/b/bash.rpm",
      .checksum = {base::DigestAlgorithm::sha256, std::string(64, 'b')},
      .download_size = base::ByteSize(1234),
      .installed_size = base::ByteSize(2000),
      .build_time = base::Epoch(std::chrono::seconds(1600000000))};
  CHECK(resolution.packages[0] == expected);
}

TEST_CASE("versions are compared the way of RPM") {
  Question question;
  question.add({{.name = "tool", .version = "1.10"},
                {.name = "tool", .version = "1.9"},
                {.name = "tool", .version = "1.10~rc1"},
                {.name = "tool", .version = "1.10.", .release = "0"}});
  // A trailing separator does not count: the release decides.
  CHECK(question.want({"tool"}).packages() == Names{"tool-1.10-1.x86_64"});
}

TEST_CASE("dependencies come along and know their requirers") {
  Question question;
  question.add({{.name = "app", .needs = {"libone >= 1", "/usr/bin/tool"}},
                {.name = "one", .provides = {"libone = 2"}},
                {.name = "tool", .files = {"/usr/bin/tool"}},
                {.name = "unrelated"}});
  const auto resolution = question.want({"app"}).resolution();
  REQUIRE(resolution.packages.size() == 3);
  const std::vector<resolve::Dependency> expected{{0, 1, "libone >= 1"}, {0, 2, "/usr/bin/tool"}};
  CHECK(resolution.dependencies == expected);
  CHECK(resolution.providers.at("libone") == std::vector<std::size_t>{1});
}

TEST_CASE("recommended packages come only when they are wanted") {
  Question question;
  question.add({{.name = "app", .recommends = {"extra", "missing"}},
                {.name = "extra"},
                {.name = "plugin", .supplements = {"app"}}});
  question.want({"app"});
  CHECK(question.packages() == Names{"app-1-1.x86_64"});
  question.request.weak_dependencies = resolve::WeakDependencies::installed;
  const auto resolution = question.resolution();
  REQUIRE(resolution.packages.size() == 3);
  const std::vector<resolve::Dependency> expected{{0, 1, "extra", true}, {0, 2, "app", true}};
  CHECK(resolution.dependencies == expected);
}

TEST_CASE("rich dependencies are honoured") {
  Question question;
  question.add({{.name = "app", .needs = {"(helper if selinux)", "(one or two)"}},
                {.name = "helper"},
                {.name = "selinux"},
                {.name = "two"}});
  CHECK(question.want({"app"}).packages() == Names{"app-1-1.x86_64", "two-1-1.x86_64"});
  CHECK(question.want({"selinux"}).packages() ==
        Names{"app-1-1.x86_64", "helper-1-1.x86_64", "selinux-1-1.x86_64", "two-1-1.x86_64"});
}

TEST_CASE("a smaller priority wins over a newer version") {
  Question question;
  question.add({{.name = "tool", .version = "2"}}).priority = 99;
  question.add({{.name = "tool", .version = "1"}}).priority = 10;
  CHECK(question.want({"tool"}).packages() == Names{"tool-1-1.x86_64"});
}

TEST_CASE("among equal packages the cheaper repository is taken") {
  Question question;
  question.add({{.name = "tool"}}).cost = 2000;
  question.add({{.name = "tool"}}).cost = 500;
  const auto resolution = question.want({"tool"}).resolution();
  CHECK(resolution.packages.at(0).repository == "b");
}

TEST_CASE("a repository serves only what it is to include and not what it is to exclude") {
  Question question;
  model::Repository& first = question.add({{.name = "tool", .version = "3"}, {.name = "other"}});
  first.include_packages = {"oth*"};
  model::Repository& second =
      question.add({{.name = "tool", .version = "2"}, {.name = "tool", .version = "1"}});
  second.exclude_packages = {"tool-2-*"};
  CHECK(question.want({"tool", "other"}).packages() ==
        Names{"other-1-1.x86_64", "tool-1-1.x86_64"});
}

TEST_CASE("an excluded package is not chosen where another one will do") {
  Question question;
  question.add({{.name = "app", .needs = {"mta"}},
                {.name = "big-mta", .version = "9", .provides = {"mta"}},
                {.name = "small-mta", .provides = {"mta"}}});
  question.request.excludes = {{.pattern = "big-*", .where = {"node.yaml", 30, 7}}};
  CHECK(question.want({"app"}).packages() == Names{"app-1-1.x86_64", "small-mta-1-1.x86_64"});
}

TEST_CASE("pinned versions stay, and move when something needs it") {
  Question question;
  question.add({{.name = "app", .version = "1", .needs = {"library"}},
                {.name = "app", .version = "2", .needs = {"library >= 2"}},
                {.name = "library", .version = "1"},
                {.name = "library", .version = "2"},
                {.name = "other", .version = "1"},
                {.name = "other", .version = "2"}});
  question.want({"app", "other"});
  CHECK(question.packages() == Names{"app-2-1.x86_64", "library-2-1.x86_64", "other-2-1.x86_64"});

  Question older;
  older.add({{.name = "app", .version = "1", .needs = {"library"}},
             {.name = "library", .version = "1"},
             {.name = "other", .version = "1"}});
  const auto old_packages = older.want({"app", "other"}).resolution().packages;
  question.request.pins = old_packages;
  CHECK(question.packages() == Names{"app-1-1.x86_64", "library-1-1.x86_64", "other-1-1.x86_64"});
  // The app may move and takes its library with it; the rest stays.
  question.request.packages[0].spec = "app = 2";
  CHECK(question.packages() == Names{"app-2-1.x86_64", "library-2-1.x86_64", "other-1-1.x86_64"});
}

TEST_CASE("the order of questions does not change the answer") {
  const std::vector<imagewright_test::TinyPackage> packages{
      {.name = "app", .needs = {"mta"}},
      {.name = "mta-one", .provides = {"mta"}},
      {.name = "mta-two", .provides = {"mta"}},
      {.name = "tool"}};
  Question forward;
  forward.add(packages);
  forward.add({{.name = "tool"}});
  forward.want({"app", "tool"});
  Question backward;
  backward.add({{.name = "tool"}});
  backward.request.repositories[0].repository.name = "b";
  backward.add(packages);
  backward.request.repositories[1].repository.name = "a";
  backward.request.load_filelists = {};
  backward.want({"tool", "app"});
  CHECK(backward.resolution().packages == forward.resolution().packages);
}

TEST_CASE("a package that a repository holds twice is chosen once") {
  Question question;
  question.add({{.name = "tool", .location = "one/tool.rpm"},
                {.name = "tool", .checksum = std::string(64, 'c'), .location = "two/tool.rpm"}});
  CHECK(question.want({"tool"}).packages() == Names{"tool-1-1.x86_64"});
}

TEST_CASE("a package without a strong checksum is refused when it is chosen") {
  Question question;
  question.add({{.name = "tool", .checksum = std::string(40, 'c'), .checksum_type = "sha"},
                {.name = "other"}});
  question.want({"other"});
  CHECK(question.packages().size() == 1);
  question.want({"tool"});
  try {
    question.ask();
    FAIL("accepted");
  } catch (const base::Error& error) {
    CHECK(error.diagnostic().code == "resolve.weak-checksum");
    CHECK(error.kind() == base::FailureKind::verification);
  }
}

TEST_CASE("metadata that is not XML is refused with the repository's name") {
  Question question;
  question.add({{.name = "tool"}});
  question.request.repositories[0].primary = question.scratch.write("bad", "<metadata><package>");
  try {
    question.want({"tool"}).ask();
    FAIL("accepted");
  } catch (const base::Error& error) {
    CHECK(error.diagnostic().code == "resolve.metadata-unreadable");
    CHECK(error.diagnostic().message.find("\"a\"") != std::string::npos);
  }
}

TEST_CASE("nothing wanted is nothing chosen") {
  Question question;
  question.add({{.name = "tool"}});
  CHECK(question.packages().empty());
}

TEST_CASE("a cancelled question is not answered") {
  Question question;
  question.add({{.name = "tool"}});
  question.want({"tool"});
  base::Cancellation cancellation;
  cancellation.request();
  CHECK_THROWS_AS(resolve::resolve(question.request, cancellation), base::Cancelled);
}
