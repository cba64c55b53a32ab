// SPDX-License-Identifier: MIT
#include <catch2/catch.hpp>

#include "question.hpp"

using namespace imagewright;
using Names = std::vector<std::string>;

namespace {

struct TelnetQuestion : Question {
  explicit TelnetQuestion(const std::string& exclude) {
    add({{.name = "tools", .needs = {"telnet"}},
         {.name = "telnet-ng",
          .version = "2",
          .provides = {"telnet"},
          .files = {"/usr/bin/telnet", "/usr/share/telnet/ng"}},
         {.name = "telnet-ng", .version = "1", .provides = {"telnet"}},
         {.name = "other", .provides = {"else"}}});
    request.excludes.push_back({exclude, {"node.yaml", 9, 3}});
  }
};

} // namespace

TEST_CASE("what is left out by a capability is every package that provides it") {
  TelnetQuestion question("telnet");
  const auto problems = question.want({"tools"}).problems();
  REQUIRE(problems.size() == 1);
  CHECK(problems[0].code == "resolve.excluded");
  CHECK(problems[0].related.at(0).where == base::SourceLocation{"node.yaml", 9, 3});
}

TEST_CASE("a version, a file and a glob say what is left out as they say what is wanted") {
  for (const char* exclude :
       {"telnet-ng = 2", "telnet-ng-2", "telnet-ng-2-1", "telnet-ng > 1", "/usr/bin/telnet",
        "/usr/share/telnet/ng", "telnet-ng-2*", "telnet-ng-2-1.x86_64"}) {
    INFO(exclude);
    TelnetQuestion question(exclude);
    CHECK(question.want({"tools"}).packages() == Names{"telnet-ng-1-1.x86_64", "tools-1-1.x86_64"});
  }
}

TEST_CASE("a name leaves out the packages of that name and not those that provide it") {
  TelnetQuestion question("other");
  question.request.packages.clear();
  CHECK(question.want({"tools"}).packages() == Names{"telnet-ng-2-1.x86_64", "tools-1-1.x86_64"});
}

TEST_CASE("an exclude that means nothing is an error with near names") {
  for (const char* exclude : {"telnet-nq", "no-such*", "telnet-ng = 7", "/usr/bin/telnut"}) {
    INFO(exclude);
    TelnetQuestion question(exclude);
    const auto problems = question.want({"tools"}).problems();
    REQUIRE(problems.size() == 1);
    CHECK(problems[0].code == "resolve.exclude-unmatched");
    CHECK(problems[0].where == base::SourceLocation{"node.yaml", 9, 3});
  }
  TelnetQuestion question("telnet-nq");
  CHECK(question.want({"tools"}).problems().at(0).hint == "did you mean \"telnet-ng\"?");
  TelnetQuestion capability("telent");
  CHECK(capability.want({"tools"}).problems().at(0).hint == "did you mean \"telnet\"?");
  TelnetQuestion version("telnet-ng < 1");
  CHECK(version.want({"tools"}).problems().at(0).hint == "the repositories have 1-1, 2-1");
}

TEST_CASE("a repository's own filters understand capabilities too") {
  Question question;
  question.add({{.name = "tools", .needs = {"telnet"}}, {.name = "bad", .provides = {"telnet"}}})
      .exclude_packages = {"telnet"};
  question.add({{.name = "good", .provides = {"telnet"}}});
  CHECK(question.want({"tools"}).packages() == Names{"good-1-1.x86_64", "tools-1-1.x86_64"});
}

TEST_CASE("a request for an obsoleted name takes what obsoletes it") {
  Question question;
  question.add({{.name = "foo"},
                {.name = "bar", .version = "2", .obsoletes = {"foo < 2"}},
                {.name = "baz", .version = "3", .obsoletes = {"bar < 3"}}});
  SECTION("by its name") {
    const auto resolution = question.want({"foo"}).resolution();
    REQUIRE(resolution.packages.size() == 1);
    // What took over from that is an update, as it is for dnf.
    CHECK(resolution.packages[0].nevra.name == "bar");
    CHECK(resolution.requests.at(0).packages.size() == 1);
  }
  SECTION("by a glob") {
    CHECK(question.want({"fo*"}).packages() == Names{"bar-2-1.x86_64"});
  }
  SECTION("not when a version is asked for") {
    CHECK(question.want({"foo = 1"}).packages() == Names{"foo-1-1.x86_64"});
  }
}

TEST_CASE("a name whose newest version lives on is not obsoleted") {
  Question question;
  question.add({{.name = "foo", .version = "1"},
                {.name = "foo", .version = "3"},
                {.name = "bar", .obsoletes = {"foo < 2"}}});
  CHECK(question.want({"foo"}).packages() == Names{"foo-3-1.x86_64"});
}

TEST_CASE("files in conditions, conflicts and supplements are looked up") {
  Question question;
  question.add({{.name = "app", .needs = {"(plugin if /usr/share/marker)"}},
                {.name = "choice", .needs = {"(one if /usr/share/marker else two)"}},
                {.name = "hater", .conflicts = {"/usr/share/marker"}},
                {.name = "marker", .files = {"/usr/share/marker"}},
                {.name = "extra", .supplements = {"(app and /usr/share/marker)"}},
                {.name = "plugin"},
                {.name = "one"},
                {.name = "two"}});
  SECTION("a condition") {
    CHECK(question.want({"app", "marker"}).packages() ==
          Names{"app-1-1.x86_64", "marker-1-1.x86_64", "plugin-1-1.x86_64"});
  }
  SECTION("a condition with an alternative") {
    CHECK(question.want({"choice", "marker"}).packages() ==
          Names{"choice-1-1.x86_64", "marker-1-1.x86_64", "one-1-1.x86_64"});
  }
  SECTION("a conflict") {
    CHECK(question.want({"hater", "marker"}).problems().at(0).code == "resolve.conflict");
  }
  SECTION("a supplement") {
    question.request.weak_dependencies = resolve::WeakDependencies::installed;
    CHECK(question.want({"app", "marker"}).packages() ==
          Names{"app-1-1.x86_64", "extra-1-1.x86_64", "marker-1-1.x86_64", "plugin-1-1.x86_64"});
  }
}
