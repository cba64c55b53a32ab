// SPDX-License-Identifier: MIT
#include <catch2/catch.hpp>

#include <imagewright/audit/spdx.hpp>
#include <imagewright/json/value.hpp>

#include "example_manifest.hpp"

using namespace imagewright;

TEST_CASE("the bill of materials names each package by a valid purl and identifier") {
  const std::string text = audit::to_spdx(imagewright_test::example_manifest());
  CHECK(text == audit::to_spdx(imagewright_test::example_manifest()));
  CHECK(text.find("pkg:rpm/workbench/libstdc%2B%2B6@12.2.0-14?arch=x86_64&epoch=1") !=
        std::string::npos);
  CHECK(text.find("\"created\": \"2023-11-14T22:13:20Z\"") != std::string::npos);
  const json::Value document = json::parse(text, "spdx");
  for (const json::Value& package : json::array_member(document, "packages", "spdx")) {
    const std::string id = json::string_member(package, "SPDXID", "spdx");
    CHECK(
        id.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-") ==
        std::string::npos);
  }
}
