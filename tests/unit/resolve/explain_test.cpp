// SPDX-License-Identifier: MIT
#include <catch2/catch.hpp>

#include <imagewright/resolve/explain.hpp>

using namespace imagewright;

namespace {

model::Nevra nevra(const std::string& name) {
  return {.name = name, .version = "1", .release = "1", .architecture = "noarch"};
}

model::PackageRequest request(const std::string& spec, std::uint32_t line) {
  return {.spec = spec, .where = {"node.yaml", line, 5}};
}

/// app (0) needs library (1) and, by way of helper (2), base (3); library needs base too. tool (4)
/// recommends library.
resolve::Resolution example() {
  resolve::Resolution resolution;
  for (const char* name : {"app", "library", "helper", "base", "tool"}) {
    resolution.packages.push_back({.nevra = nevra(name)});
  }
  resolution.requests = {{request("tool", 1), {4}}, {request("app", 2), {0}}};
  resolution.dependencies = {{0, 1, "liba.so"}, {0, 2, "helper"},  {1, 3, "base >= 1"},
                             {2, 3, "base"},    {3, 1, "liba.so"}, {4, 1, "library", true}};
  return resolution;
}

} // namespace

TEST_CASE("a requested package is explained by its request alone") {
  const auto answers = resolve::explain(example(), "app");
  REQUIRE(answers.size() == 1);
  CHECK(answers[0].request.spec == "app");
  CHECK(answers[0].chain.empty());
  CHECK(answers[0].package == nevra("app"));
}

TEST_CASE("a dependency is explained by the shortest chain from each request") {
  const auto answers = resolve::explain(example(), "base");
  REQUIRE(answers.size() == 2);
  // Both are of length 2: the order of the requests' texts decides.
  CHECK(answers[0].request.spec == "app");
  const std::vector<resolve::ExplanationStep> by_app{{nevra("app"), "liba.so", false},
                                                     {nevra("library"), "base >= 1", false}};
  CHECK(answers[0].chain == by_app);
  const std::vector<resolve::ExplanationStep> by_tool{{nevra("tool"), "library", true},
                                                      {nevra("library"), "base >= 1", false}};
  CHECK(answers[1].chain == by_tool);
}

TEST_CASE("a full name is understood too, and cycles do no harm") {
  CHECK(resolve::explain(example(), "library-1-1.noarch").size() == 2);
}

TEST_CASE("the number of answers is bounded") {
  CHECK(resolve::explain(example(), "base", 1).size() == 1);
}

TEST_CASE("a package that is not there has no explanation") {
  CHECK(resolve::explain(example(), "vim").empty());
}
