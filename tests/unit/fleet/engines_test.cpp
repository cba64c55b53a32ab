// SPDX-License-Identifier: MIT
#include <catch2/catch.hpp>

#include <imagewright/base/error.hpp>
#include <imagewright/fleet/engines.hpp>

#include "units.hpp"

using namespace imagewright;
using namespace imagewright::fleet;

namespace {

std::string code_of(const EngineRequest& request, std::uint64_t count) {
  try {
    render_for(imagewright_test::units(count), request);
  } catch (const base::Error& error) {
    return error.diagnostic().code + ": " + error.diagnostic().message + "; " +
           error.diagnostic().hint;
  }
  return {};
}

} // namespace

TEST_CASE("every engine takes what it can, and is given no unit more") {
  const std::vector<std::pair<std::string, std::uint64_t>> limits{
      {"github", 256}, {"gitlab", 200}, {"tekton", 256}, {"slurm", 1001}};
  for (const auto& [engine, limit] : limits) {
    CAPTURE(engine);
    CHECK(code_of({.engine = engine}, limit).empty());
    const std::string refusal = code_of({.engine = engine}, limit + 1);
    CHECK(refusal.starts_with("fleet.too-many-units: "));
    CHECK(refusal.find(std::to_string(limit)) != std::string::npos);
    CHECK(refusal.find("--shard 1/2 to --shard 2/2") != std::string::npos);
  }
  for (const char* engine : {"json", "azure", "argo", "kubernetes"})
    CHECK(code_of({.engine = engine}, 2000).empty());
}

TEST_CASE("a site's own limit counts") {
  CHECK(code_of({.engine = "slurm", .limit = 4000}, 2000).empty());
  const std::string refusal = code_of({.engine = "json", .limit = 3}, 10);
  CHECK(refusal.find("10 units") != std::string::npos);
  CHECK(refusal.find("--shard 4/4") != std::string::npos);
}

TEST_CASE("every engine's text is the same each time") {
  for (const std::string& engine : engine_words()) {
    const UnitList list = imagewright_test::units(5);
    CHECK(render_for(list, {.engine = engine}) == render_for(list, {.engine = engine}));
  }
}
