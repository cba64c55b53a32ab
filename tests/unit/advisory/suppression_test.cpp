// SPDX-License-Identifier: MIT
#include <catch2/catch.hpp>

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
  REQUIRE(suppressions.size() == 2);
  CHECK(suppressions.at(0) ==
        advisory::Suppression{"CVE-1", {"curl"}, "vulnerable_code_not_present"});
  // Another product's statement is no statement about every package.
  CHECK(suppressions.at(1).packages == std::vector<std::string>{""});
}

TEST_CASE("\"not affected\" without a justification is refused") {
  CHECK(code_of([] {
          advisory::read_openvex(
              vex(R"({"vulnerability": {"name": "CVE-1"}, "status": "not_affected"})"), "vex");
        }) == "advisory.damaged-vex");
  CHECK(code_of([] { advisory::read_openvex(R"({"statements": []})", "vex"); }) ==
        "advisory.damaged-vex");
}
