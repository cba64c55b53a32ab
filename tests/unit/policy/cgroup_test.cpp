// SPDX-License-Identifier: MIT
#include <catch2/catch.hpp>

#include "policy_case.hpp"

using namespace policy_test;

namespace {

PolicyCase with_version(model::CgroupVersion version) {
  PolicyCase test;
  test.config.os.cgroup_version = {version, at(7)};
  return test;
}

} // namespace

TEST_CASE("cgroup version 1 by systemd version") {
  struct Row {
    const char* systemd;
    Texts words;
    Texts codes;
  };
  const std::vector<Row> rows{
      {"252", {"systemd.unified_cgroup_hierarchy=0"}, {}},
      {"255", {"systemd.unified_cgroup_hierarchy=0"}, {}},
      {"256", {"systemd.unified_cgroup_hierarchy=0", "SYSTEMD_CGROUP_ENABLE_LEGACY_FORCE=1"}, {}},
      {"257.4", {"systemd.unified_cgroup_hierarchy=0", "SYSTEMD_CGROUP_ENABLE_LEGACY_FORCE=1"}, {}},
      {"258",
       {"systemd.unified_cgroup_hierarchy=0", "SYSTEMD_CGROUP_ENABLE_LEGACY_FORCE=1"},
       {"policy.cgroup-v1-unsupported"}}};
  for (const auto& row : rows) {
    INFO(row.systemd);
    auto test = with_version(model::CgroupVersion::v1);
    test.set_baseline("systemd", row.systemd);
    const auto part = policy::cgroup_policy(test.input());
    CHECK(words_of(part.policy) == row.words);
    CHECK(codes_of(part.diagnostics) == row.codes);
    CHECK(expected_of(part.policy, model::CheckKind::cgroup_filesystem) == "tmpfs");
  }
}

TEST_CASE("the refusal of cgroup version 1 shows the wish and the baseline") {
  auto test = with_version(model::CgroupVersion::v1);
  test.set_baseline("init", "259");
  const auto diagnostic = policy::cgroup_policy(test.input()).diagnostics.items().at(0);
  CHECK(diagnostic.where == at(7));
  CHECK(diagnostic.related.at(0).where == in_release(30));
}

TEST_CASE("cgroup version 2 needs an argument only where it is not the default") {
  auto test = with_version(model::CgroupVersion::v2);
  CHECK(words_of(policy::cgroup_policy(test.input()).policy).empty());
  test.release.default_cgroup_version = "v1";
  const auto part = policy::cgroup_policy(test.input());
  CHECK(words_of(part.policy) == Texts{"systemd.unified_cgroup_hierarchy=1"});
  CHECK(expected_of(part.policy, model::CheckKind::cgroup_filesystem) == "cgroup2fs");
}

TEST_CASE("without a wish the release's version is checked, unless the argument is given by hand") {
  PolicyCase test;
  CHECK(expected_of(policy::cgroup_policy(test.input()).policy,
                    model::CheckKind::cgroup_filesystem) == "cgroup2fs");
  test.add_words("systemd.unified_cgroup_hierarchy=0", 4);
  CHECK(policy::cgroup_policy(test.input()).policy.checks.empty());
}

TEST_CASE("the container runtime is told who makes groups") {
  auto test = with_version(model::CgroupVersion::v1);
  CHECK(policy::cgroup_policy(test.input()).policy.files.empty());
  test.release.base_roles.push_back({"container-runtime", in_release(9)});
  const auto first = policy::cgroup_policy(test.input()).policy.files;
  REQUIRE(first.size() == 1);
  CHECK(first[0].path == "/etc/containerd/config.toml");
  CHECK(first[0].content.find("SystemdCgroup = false") != std::string::npos);
  test.config.os.cgroup_version->value = model::CgroupVersion::v2;
  const auto second = policy::cgroup_policy(test.input()).policy.files;
  CHECK(second.at(0).content.find("SystemdCgroup = true") != std::string::npos);
}

TEST_CASE("arguments by hand that contradict the cgroup version are refused") {
  auto test = with_version(model::CgroupVersion::v2);
  test.add_words("systemd.unified_cgroup_hierarchy=no", 12);
  CHECK(codes_of(test.result().diagnostics) == Texts{"policy.command-line-conflict"});
  test.config.os.cgroup_version->value = model::CgroupVersion::v1;
  CHECK(test.result().diagnostics.empty());
  test.add_words("cgroup_no_v1=all", 13);
  CHECK(codes_of(test.result().diagnostics) == Texts{"policy.command-line-conflict"});
}
