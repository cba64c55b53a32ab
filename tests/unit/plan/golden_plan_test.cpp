// SPDX-License-Identifier: MIT
// What a plan says of each config that the project ships, and of configs that have one of
// everything. Packages are left out: which versions there are is not the project's to say.
#include <filesystem>
#include <string>
#include <vector>

#include <imagewright_test/golden.hpp>
#include <imagewright_test/scratch.hpp>

#include <catch2/catch.hpp>
#include <fmt/format.h>

#include <imagewright/json/value.hpp>
#include <imagewright/plan/build_plan.hpp>
#include <imagewright/plan/resolve_plan.hpp>
#include <imagewright/plan/show_plan.hpp>

using namespace imagewright;

namespace {

std::vector<std::filesystem::path> configs_in(const std::filesystem::path& directory) {
  std::vector<std::filesystem::path> configs;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(directory)) {
    const auto folder = entry.path().parent_path().filename();
    const bool is_config = folder != "releases" && folder != "roles";
    if (entry.path().extension() == ".yaml" && is_config) configs.push_back(entry.path());
  }
  return configs;
}

void check_plans(const std::filesystem::path& config) {
  const auto golden = imagewright_test::source_directory() / "tests/golden/plan";
  plan::PlanOptions options{
      .config = config,
      .architectures = {},
      .release = {},
      .release_directories = {imagewright_test::source_directory() / "configs/releases"}};
  plan::PlannedBuild planned = plan::plan_build(options);
  // What the machine of a test happens to be does not matter.
  if (planned.plans.at(0).config.architectures.empty()) {
    options.architectures = {"aarch64", "x86_64"};
    planned = plan::plan_build(options);
  }
  CHECK(planned.warnings.empty());
  for (plan::BuildPlan& each : planned.plans) {
    const std::string name = fmt::format("{}-{}", each.config.name, each.architecture.name);
    const model::ArchitectureLock nothing{.architecture = each.architecture.name};
    const plan::ResolvedPlan resolved = plan::resolve_plan(
        std::move(each), nothing, base::Epoch(std::chrono::seconds(1'700'000'000)));
    imagewright_test::check_golden(golden / (name + ".txt"),
                                   plan::to_text(resolved, plan::PackageListing::full));
    imagewright_test::check_golden(golden / (name + ".json"),
                                   json::to_text(plan::to_json(resolved)));
  }
}

} // namespace

TEST_CASE("plans of the shipped configs are as they were") {
  const auto configs = configs_in(imagewright_test::source_directory() / "configs");
  CHECK(configs.size() >= 4);
  for (const auto& config : configs) {
    INFO(config);
    // Container images are files that are not here; the functional test of them has others.
    const std::string text = imagewright_test::read_text(config);
    if (text.find("\n  containerImages:") != std::string::npos) continue;
    check_plans(config);
  }
}

TEST_CASE("a plan shows everything that a config does") {
  check_plans(imagewright_test::source_directory() / "tests/golden/plan/everything.yaml");
}

TEST_CASE("a plan shows that root hashes come with the image, and none that is not") {
  const auto golden = imagewright_test::source_directory() / "tests/golden/plan";
  check_plans(golden / "verified.yaml");
  for (const char* name : {"verified-x86_64.txt", "verified-x86_64.json"}) {
    const std::string text = imagewright_test::read_text(golden / name);
    const std::size_t hash = text.find("roothash=");
    REQUIRE(hash != std::string::npos);
    CHECK(text.substr(hash).starts_with("roothash=<made with the image>"));
  }
}

TEST_CASE("a plan with two kernels shows the chosen one") {
  check_plans(imagewright_test::source_directory() / "tests/golden/plan/two-kernels.yaml");
  const std::string text = imagewright_test::read_text(imagewright_test::source_directory() /
                                                       "tests/golden/plan/two-kernels-aarch64.txt");
  CHECK(text.find("of package linux-image-cloud-arm64 of series 6.1") != std::string::npos);
}
