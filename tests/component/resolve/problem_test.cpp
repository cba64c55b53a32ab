// SPDX-License-Identifier: MIT
#include <algorithm>
#include <set>

#include <catch2/catch.hpp>

#include "question.hpp"

using namespace imagewright;
using Names = std::vector<std::string>;

namespace {

base::Diagnostic only_problem(Question& question) {
  const auto problems = question.problems();
  REQUIRE(problems.size() == 1);
  return problems.front();
}

} // namespace

TEST_CASE("a name that nobody has is told with near names and its line") {
  Question question;
  question.add({{.name = "systemd"}, {.name = "bash"}});
  const auto problem = only_problem(question.want({"bash", "sytemd"}));
  CHECK(problem.code == "resolve.no-such-package");
  CHECK(problem.message == "no package is named or provides \"sytemd\"");
  CHECK(problem.hint == "did you mean \"systemd\"?");
  CHECK(problem.where == base::SourceLocation{"node.yaml", 2, 5});
}

TEST_CASE("a version that nobody has is told with those that exist") {
  Question question;
  question.add({{.name = "kernel", .version = "6.1"}, {.name = "kernel", .version = "6.6"}});
  const auto problem = only_problem(question.want({"kernel = 5.15"}));
  CHECK(problem.code == "resolve.no-such-package");
  CHECK(problem.message == "no version of kernel fits \"kernel = 5.15\"");
  CHECK(problem.hint == "the repositories have 6.1-1, 6.6-1");
}

TEST_CASE("a package of another architecture is told as such") {
  Question question;
  question.add({{.name = "firmware", .architecture = "aarch64"}});
  const auto problem = only_problem(question.want({"firmware"}));
  CHECK(problem.message ==
        "\"firmware\" exists only for another architecture: firmware-1-1.aarch64");
}

TEST_CASE("a request for an excluded package names the exclude") {
  Question question;
  question.add({{.name = "tool"}});
  question.request.excludes = {{.pattern = "to*", .where = {"node.yaml", 30, 7}}};
  const auto problem = only_problem(question.want({"tool"}));
  CHECK(problem.code == "resolve.excluded");
  CHECK(problem.message == "tool-1-1.x86_64 is wanted, but it is excluded by \"to*\"");
  REQUIRE(problem.related.size() == 1);
  CHECK(problem.related[0].where.line == 30);
}

TEST_CASE("a missing dependency is told with the chain from the request") {
  Question question;
  question.add({{.name = "app", .needs = {"middle"}},
                {.name = "middle", .needs = {"bottom"}},
                {.name = "bottom", .needs = {"libgone.so.1()(64bit)"}}});
  const auto problem = only_problem(question.want({"app"}));
  CHECK(problem.code == "resolve.nothing-provides");
  CHECK(problem.message ==
        "nothing provides \"libgone.so.1()(64bit)\", needed by bottom-1-1.x86_64");
  CHECK(problem.context ==
        Names{"while installing bottom-1-1.x86_64, needed by middle-1-1.x86_64 as \"bottom\"",
              "while installing middle-1-1.x86_64, needed by app-1-1.x86_64 as \"middle\"",
              "while installing \"app\", as asked by os.packages.install"});
  CHECK(problem.where == base::SourceLocation{"node.yaml", 1, 5});
}

TEST_CASE("a dependency on a version that is not there names the one that is") {
  Question question;
  question.add({{.name = "app", .needs = {"library >= 3"}}, {.name = "library", .version = "2"}});
  const auto problem = only_problem(question.want({"app"}));
  CHECK(problem.message == "nothing provides \"library >= 3\", needed by app-1-1.x86_64");
  CHECK(problem.hint == "the repositories have library-2-1.x86_64");
}

TEST_CASE("a dependency on an excluded package names the exclude") {
  Question question;
  question.add({{.name = "app", .needs = {"library"}}, {.name = "library"}});
  question.request.excludes = {{.pattern = "library", .where = {"node.yaml", 30, 7}}};
  const auto problem = only_problem(question.want({"app"}));
  CHECK(problem.code == "resolve.excluded");
  CHECK(problem.message == "nothing provides \"library\", needed by app-1-1.x86_64: "
                           "library-1-1.x86_64 is excluded by \"library\"");
  REQUIRE(problem.related.size() == 1);
  CHECK(problem.related[0].where.line == 30);
}

TEST_CASE("a conflict names both packages and both requests") {
  Question question;
  question.add({{.name = "one", .provides = {"service"}},
                {.name = "two", .conflicts = {"service"}},
                {.name = "three"}});
  const auto problem = only_problem(question.want({"three", "one", "two"}));
  CHECK(problem.code == "resolve.conflict");
  CHECK(problem.message == "two-1-1.x86_64 conflicts with \"service\", provided by one-1-1.x86_64");
  REQUIRE(problem.where.has_value());
  REQUIRE(problem.related.size() == 1);
  CHECK(std::set<std::uint32_t>{problem.where->line, problem.related[0].where.line} ==
        std::set<std::uint32_t>{2, 3});
}

TEST_CASE("two versions of one package cannot be had together") {
  Question question;
  question.add({{.name = "tool", .version = "1"}, {.name = "tool", .version = "2"}});
  const auto problem = only_problem(question.want({"tool = 1", "tool = 2"}));
  CHECK(problem.code == "resolve.conflict");
  CHECK(problem.message == "tool-1-1.x86_64 and tool-2-1.x86_64 cannot be installed together");
}

TEST_CASE("an obsoleted package cannot stay beside the one that replaces it") {
  Question question;
  question.add({{.name = "new", .obsoletes = {"old < 2"}}, {.name = "old", .version = "1"}});
  const auto problem = only_problem(question.want({"new", "old = 1"}));
  CHECK(problem.code == "resolve.conflict");
  CHECK(problem.message == "new-1-1.x86_64 obsoletes \"old < 2\", provided by old-1-1.x86_64");
}

TEST_CASE("all problems are told at once") {
  Question question;
  question.add({{.name = "app", .needs = {"gone"}}, {.name = "other", .needs = {"lost"}}});
  const auto problems = question.want({"app", "other", "absent"}).problems();
  REQUIRE(problems.size() == 3);
  std::vector<std::uint32_t> lines;
  for (const auto& problem : problems)
    lines.push_back(problem.where.value().line);
  std::sort(lines.begin(), lines.end());
  CHECK(lines == std::vector<std::uint32_t>{1, 2, 3});
}
