// SPDX-License-Identifier: MIT
#include <imagewright_test/golden.hpp>
#include <imagewright_test/scratch.hpp>

#include <catch2/catch.hpp>

#include <imagewright/audit/comparison.hpp>

#include "example_manifest.hpp"

using namespace imagewright;

namespace {

void check_golden(const std::string& name, const std::string& actual) {
  imagewright_test::check_golden(imagewright_test::source_directory() / "tests/golden/audit" / name,
                                 actual);
}

model::LockedPackage package(const std::string& name, const std::string& version,
                             const std::string& content = "x") {
  return {.nevra = {name, 0, version, "1", "x86_64"},
          .repository = "base",
          .location = name + ".rpm",
          .checksum = base::digest_of(content)};
}

} // namespace

TEST_CASE("a manifest equals itself") {
  const audit::Manifest manifest = imagewright_test::example_manifest();
  CHECK(audit::compare_manifests(manifest, manifest).is_equal());
}

TEST_CASE("what differs between two manifests is told in their terms") {
  const audit::Manifest before = imagewright_test::example_manifest();
  audit::Manifest after = before;
  after.tool_version = "1.3.0";
  after.packages = {package("libstdc++6", "13"), package("curl", "8")};
  after.kernels[0].release = "6.6.0";
  after.kernel_command_line = "root=PARTUUID=x rw audit=1";
  after.units[0].state = model::UnitState::enabled;
  after.checks[0].expected = "6.6";
  after.layout.partitions[0].size = base::ByteSize::mib(200);
  after.files = {{"/etc/hostname", "file 0600 0:0 6 sha256:01 security.selinux=a:b:c:s0"},
                 {"/etc/localtime", "link 0777 0:0 \"../usr/share/zone info\""}};
  const auto comparison = audit::compare_manifests(before, after);
  check_golden("manifests.txt", audit::to_text(comparison));
  check_golden("manifests.json", json::to_text(audit::to_json(comparison)));
}

TEST_CASE("what differs between two locks is told by package") {
  model::Lock before{
      {{.architecture = "x86_64",
        .request = base::digest_of("1"),
        .repositories = {{"base", "https://a", base::digest_of("m"), {}}},
        .packages = {package("bash", "5.1"), package("gone", "1"), package("rebuilt", "1", "a"),
                     package("kernel", "6.6.1"), package("kernel", "6.6.2")}}}};
  model::Lock after = before;
  after.architectures[0].packages = {package("bash", "5.2"), package("rebuilt", "1", "b"),
                                     package("new", "1"), package("kernel", "6.6.2"),
                                     package("kernel", "6.6.3")};
  after.architectures[0].repositories[0].metadata = base::digest_of("n");
  check_golden("locks.txt", audit::to_text(audit::compare_locks(before, after)));
  CHECK(audit::compare_locks(before, before).is_equal());
}

TEST_CASE("one architecture more is a list of packages more") {
  const model::Lock empty;
  const model::Lock one{{{.architecture = "aarch64", .packages = {package("bash", "5.1")}}}};
  CHECK(audit::to_text(audit::compare_locks(empty, one)) ==
        "packages for aarch64\n  + bash.x86_64 5.1-1\n");
}
