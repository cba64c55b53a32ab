// SPDX-License-Identifier: MIT
#include <catch2/catch.hpp>

#include "policy_case.hpp"

using namespace policy_test;

namespace {

PolicyCase with_fips(model::FipsMode mode) {
  PolicyCase test;
  test.config.os.fips_mode = {mode, at(5)};
  return test;
}

} // namespace

TEST_CASE("FIPS brings its packages, its dracut module, its argument and its check") {
  const auto test = with_fips(model::FipsMode::enabled);
  const auto part = policy::fips_policy(test.input());
  CHECK(words_of(part.policy) == Texts{"fips=1"});
  CHECK(has_package(part.policy, "the-fips"));
  CHECK(part.policy.initramfs_modules == Texts{"fips"});
  REQUIRE(part.policy.kernel_companions.size() == 1);
  CHECK(part.policy.kernel_companions.front().name == ".@image@.hmac");
  CHECK(expected_of(part.policy, model::CheckKind::fips_enabled) == "1");
}

TEST_CASE("FIPS names the filesystem of /boot exactly when it is one of its own") {
  auto test = with_fips(model::FipsMode::enabled);
  test.add_filesystem("/boot", "boot");
  // However fstab names it, the initramfs wants a UUID.
  test.layout.partitions.back().filesystem->identifier = model::MountIdentifier::part_label;
  CHECK(words_of(policy::fips_policy(test.input()).policy) ==
        Texts{"fips=1", "boot=UUID=" + base::Uuid::from_name("test", "boot").to_string()});
}

TEST_CASE("FIPS on and fips=0 is a conflict that shows both lines") {
  auto test = with_fips(model::FipsMode::enabled);
  test.add_words("quiet fips=0", 11);
  const auto diagnostics = test.result().diagnostics;
  REQUIRE(codes_of(diagnostics) == Texts{"policy.command-line-conflict"});
  CHECK(diagnostics.items()[0].where == at(11));
  CHECK(diagnostics.items()[0].related.at(0).where == at(5));
}

TEST_CASE("FIPS off and fips=1 is a conflict too") {
  auto test = with_fips(model::FipsMode::disabled);
  test.add_words("fips=1", 11);
  CHECK(codes_of(test.result().diagnostics) == Texts{"policy.command-line-conflict"});
}

TEST_CASE("a boot= argument without a separate /boot is a conflict under FIPS") {
  auto test = with_fips(model::FipsMode::enabled);
  test.add_words("boot=UUID=1234", 11);
  CHECK(codes_of(test.result().diagnostics) == Texts{"policy.command-line-conflict"});
}

TEST_CASE("fips=1 by hand is a warning only where it would not boot") {
  PolicyCase test;
  test.add_words("fips=1", 4);
  CHECK(test.result().diagnostics.empty());
  test.add_filesystem("/boot", "boot");
  const auto diagnostics = test.result().diagnostics;
  REQUIRE(codes_of(diagnostics) == Texts{"policy.fips-without-boot"});
  CHECK_FALSE(diagnostics.has_errors());
}
