// SPDX-License-Identifier: MIT
#include <catch2/catch.hpp>

#include <imagewright/audit/spdx.hpp>
#include <imagewright/json/value.hpp>

#include "example_manifest.hpp"

using namespace imagewright;

TEST_CASE("the bill of materials names each package by a valid purl and identifier") {
  const std::string text = audit::to_spdx(imagewright_test::example_manifest());
  CHECK(text == audit::to_spdx(imagewright_test::example_manifest()));
  CHECK(text.find("pkg:rpm/example/libstdc%2B%2B6@12.2.0-14?arch=x86_64&distro=example-1.0&epoch=1"
                  "&upstream=gcc-12-12.2.0-14.src.rpm") != std::string::npos);
  CHECK(text.find("\"created\": \"2023-11-14T22:13:20Z\"") != std::string::npos);
  const json::Value document = json::parse(text, "spdx");
  for (const json::Value& package : json::array_member(document, "packages", "spdx")) {
    const std::string id = json::string_member(package, "SPDXID", "spdx");
    CHECK(
        id.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-") ==
        std::string::npos);
  }
}

TEST_CASE("the bill of materials says who supplies a package and what it was built from") {
  audit::Manifest manifest = imagewright_test::example_manifest();
  const auto package = [&manifest] {
    const json::Value document = json::parse(audit::to_spdx(manifest), "spdx");
    return json::array_member(document, "packages", "spdx").at(1);
  };
  CHECK(json::string_member(package(), "supplier", "spdx") == "Organization: Example Builders");
  CHECK(json::string_member(package(), "sourceInfo", "spdx") ==
        "built from gcc-12-12.2.0-14.src.rpm");
  manifest.packages.front().provenance = {};
  CHECK(json::string_member(package(), "supplier", "spdx") == "Organization: Example Distribution");
  CHECK(package().find("sourceInfo") == nullptr);
  manifest.bill = {};
  CHECK(json::string_member(package(), "supplier", "spdx") == "NOASSERTION");
}
