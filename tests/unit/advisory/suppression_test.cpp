// SPDX-License-Identifier: MIT
#include <catch2/catch.hpp>

#include <imagewright/advisory/evaluate.hpp>
#include <imagewright/advisory/suppression.hpp>

#include "feeds.hpp"

using namespace imagewright;
using namespace imagewright_test;

namespace {

std::string vex(const std::string& statement) {
  return R"({"@context": "https://openvex.dev/ns/v0.2.0", "statements": [)" + statement + "]}";
}

} // namespace

TEST_CASE("OpenVEX statements name packages by their package URLs") {
  const auto suppressions =
      advisory::read_openvex(vex(R"({"vulnerability": {"name": "CVE-1"}, "status": "not_affected",
              "justification": "vulnerable_code_not_present",
              "products": [{"@id": "pkg:oci/node", "subcomponents": [{"@id": "pkg:rpm/azurelinux/curl@8.9?arch=x"}]}]},
             {"vulnerability": "CVE-2", "status": "affected"},
             {"vulnerability": {"name": "CVE-3"}, "status": "fixed", "products": [{"@id": "pkg:oci/other"}]})"),
                             "vex");
  REQUIRE(suppressions.size() == 3);
  CHECK(suppressions.at(0) == advisory::Suppression{"CVE-1",
                                                    {{"curl", base::PackageVersion{0, "8.9", ""}}},
                                                    "vulnerable_code_not_present"});
  // Another product's statement is no statement about every package.
  CHECK(suppressions.at(1).reason.empty());
  CHECK(suppressions.at(2).packages == std::vector<advisory::SuppressedPackage>{{"", {}}});
}

TEST_CASE("\"not affected\" without a justification is refused") {
  CHECK(code_of([] {
          advisory::read_openvex(
              vex(R"({"vulnerability": {"name": "CVE-1"}, "status": "not_affected"})"), "vex");
        }) == "advisory.damaged-vex");
  CHECK(code_of([] { advisory::read_openvex(R"({"statements": []})", "vex"); }) ==
        "advisory.damaged-vex");
}

TEST_CASE("a statement on a version holds for that version, and the last word counts") {
  const advisory::Feed feed = feed_from(oval(k_one_test));
  const advisory::Inventory inventory{"list", {package("openssl", "3.0.0", "1.azl3", "")}};
  const auto status_with = [&](const std::string& statements) {
    return advisory::evaluate(feed, inventory, advisory::read_openvex(vex(statements), "vex"))
        .findings.at(0)
        .status;
  };
  const auto statement = [](const std::string& status, const std::string& url,
                            const std::string& time) {
    return R"({"vulnerability": {"name": "CVE-2024-1"}, "status": ")" + status +
           R"(", "justification": "component_not_present", "timestamp": ")" + time +
           R"(", "products": [{"@id": ")" + url + R"("}]})";
  };
  const std::string any = "pkg:rpm/azurelinux/openssl";
  const std::string early = "2026-01-01T00:00:00Z";
  const std::string late = "2026-02-01T00:00:00Z";
  using advisory::Status;
  CHECK(status_with(statement("not_affected", any, early)) == Status::suppressed);
  CHECK(status_with(statement("not_affected", any + "@3.0.0-1.azl3?arch=x86_64", early)) ==
        Status::suppressed);
  CHECK(status_with(statement("not_affected", any + "@3.0.1-1.azl3", early)) == Status::affected);
  CHECK(status_with(statement("not_affected", any + "@3.0.0-1.azl3?arch=x&epoch=1", early)) ==
        Status::affected);
  const std::string both =
      statement("affected", any, late) + "," + statement("not_affected", any, early);
  CHECK(status_with(both) == Status::affected);
  CHECK(status_with(statement("affected", any, early) + "," +
                    statement("not_affected", any, late)) == Status::suppressed);
  for (const char* status : {"perhaps", ""}) {
    CHECK(code_of([&] { status_with(statement(status, any, early)); }) == "advisory.damaged-vex");
  }
  CHECK(code_of([&] { status_with(statement("fixed", any, "today")); }) == "advisory.damaged-vex");
  CHECK(code_of([&] { status_with(statement("fixed", any + "@x:1", early)); }) ==
        "advisory.damaged-vex");
}
