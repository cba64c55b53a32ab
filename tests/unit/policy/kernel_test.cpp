// SPDX-License-Identifier: MIT
#include <catch2/catch.hpp>

#include "policy_case.hpp"

using namespace policy_test;

TEST_CASE("the release's kernel is installed unless the user names or removes one") {
  PolicyCase test;
  CHECK(has_package(policy::kernel_policy(test.input()).policy, "the-kernel"));
  SECTION("named") {
    test.config.os.kernel.package = {"kernel-hwe", at(8)};
    const auto policy = policy::kernel_policy(test.input()).policy;
    CHECK(has_package(policy, "kernel-hwe"));
    CHECK(policy.default_kernel.package == "kernel-hwe");
    CHECK_FALSE(has_package(policy, "the-kernel"));
  }
  SECTION("removed") {
    test.config.os.packages.remove.push_back({"the-kernel", at(8), "os.packages.remove"});
    CHECK(policy::kernel_policy(test.input()).policy.packages.empty());
  }
  SECTION("excluded") {
    test.config.os.packages.exclude.push_back({"the-kernel", at(8)});
    CHECK(policy::kernel_policy(test.input()).policy.packages.empty());
  }
}

TEST_CASE("the kernel series is checked") {
  PolicyCase test;
  const auto series = [&] {
    return expected_of(policy::kernel_policy(test.input()).policy, model::CheckKind::kernel_series);
  };
  CHECK_FALSE(series());
  test.set_baseline("kernel", "6.6");
  CHECK(series() == "6.6");
  test.config.os.kernel.series = {"6.6.134", at(9)};
  CHECK(series() == "6.6.134");
  test.config.os.kernel.package = {"kernel-hwe", at(8)};
  test.config.os.kernel.series = {"6.12", at(9)};
  CHECK(series() == "6.12");
  CHECK(policy::kernel_policy(test.input()).policy.default_kernel ==
        model::DefaultKernel{.package = "kernel-hwe", .series = "6.12"});
}

TEST_CASE("another series of the release's own kernel is a conflict") {
  PolicyCase test;
  test.set_baseline("kernel", "6.6");
  test.config.os.kernel.series = {"6.12", at(9)};
  const auto diagnostics = policy::kernel_policy(test.input()).diagnostics;
  REQUIRE(codes_of(diagnostics) == Texts{"policy.kernel-series-conflict"});
  CHECK(diagnostics.items()[0].where == at(9));
  CHECK(diagnostics.items()[0].related.at(0).where == in_release(30));
}

TEST_CASE("a role that the release lacks is named") {
  PolicyCase test;
  test.release.roles.erase("kernel");
  const auto diagnostics = policy::kernel_policy(test.input()).diagnostics;
  REQUIRE(codes_of(diagnostics) == Texts{"policy.missing-role"});
  CHECK(diagnostics.items()[0].message.find("\"kernel\"") != std::string::npos);
}
