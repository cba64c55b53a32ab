// SPDX-License-Identifier: MIT
#include <catch2/catch.hpp>

#include <imagewright/resolve/baseline.hpp>

using namespace imagewright;

namespace {

model::LockedPackage package(const std::string& name, const std::string& version) {
  return {.nevra = {.name = name, .version = version, .release = "1", .architecture = "x86_64"}};
}

/// A kernel of two roles' worth, OpenSSL under another name, and two packages that provide one
/// name.
resolve::Resolution example() {
  return {.packages = {package("kernel-generic", "6.6.134.1"), package("libssl3", "3.3.5"),
                       package("systemd", "255")},
          .providers = {{"kernel-generic", {0}},
                        {"libssl3", {1}},
                        {"openssl", {1}},
                        {"systemd", {2}},
                        {"init", {1, 2}}}};
}

const std::map<std::string, model::PackageRole> k_roles{
    {"kernel",
     {.packages = {{.text = "kernel-generic"}},
      .per_architecture = {{"aarch64", {{.text = "kernel-64k"}}}}}}};

std::vector<base::Diagnostic> check(const std::string& subject, const std::string& series,
                                    const std::string& architecture = "x86_64") {
  const model::BaselineEntry entry{
      .subject = subject, .series = series, .where = {"release.yaml", 9, 3}};
  return resolve::check_baseline(example(), {entry}, k_roles, architecture).items();
}

} // namespace

TEST_CASE("a met baseline is silent") {
  CHECK(check("kernel", "6.6").empty());
  CHECK(check("systemd", "255").empty());
  CHECK(check("openssl", "3.3").empty());
}

TEST_CASE("a missed baseline names package, both versions and the profile's line") {
  const auto items = check("kernel", "6.12");
  REQUIRE(items.size() == 1);
  CHECK(items[0].code == "resolve.baseline-missed");
  CHECK(items[0].message ==
        "the baseline wants kernel 6.12, but kernel-generic 6.6.134.1 was chosen");
  CHECK(items[0].where == base::SourceLocation{"release.yaml", 9, 3});
}

TEST_CASE("a role is looked up for the architecture") {
  const auto items = check("kernel", "6.6", "aarch64");
  REQUIRE(items.size() == 1);
  CHECK(items[0].message ==
        "the baseline wants kernel 6.6, but no package kernel-64k is in the image");
  // Another kernel is a choice, and the release's profile need not change for it.
  CHECK(items[0].hint.find("os.kernel.package") != std::string::npos);
}

TEST_CASE("an absent package misses the baseline") {
  const auto items = check("containerd", "2.1");
  REQUIRE(items.size() == 1);
  CHECK(items[0].hint == "add the package, or remove the line from the release profile");
}

TEST_CASE("every package that provides the name must be of the series") {
  const auto items = check("init", "255");
  REQUIRE(items.size() == 1);
  CHECK(items[0].message == "the baseline wants init 255, but libssl3 3.3.5 was chosen");
}
