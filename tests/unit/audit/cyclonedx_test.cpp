// SPDX-License-Identifier: MIT
#include <catch2/catch.hpp>

#include <imagewright/audit/cyclonedx.hpp>
#include <imagewright/json/value.hpp>

#include "example_manifest.hpp"

using namespace imagewright;

namespace {

json::Value document_of(const audit::Manifest& manifest) {
  return json::parse(audit::to_cyclonedx(manifest), "bill");
}

} // namespace

TEST_CASE("CycloneDX names each package as scanners look it up") {
  const json::Value document = document_of(imagewright_test::example_manifest());
  const json::Value& component = json::array_member(document, "components", "bill").at(0);
  CHECK(json::string_member(component, "purl", "bill") ==
        "pkg:rpm/example/libstdc%2B%2B6@12.2.0-14?arch=x86_64&distro=example-1.0&epoch=1"
        "&upstream=gcc-12-12.2.0-14.src.rpm");
  CHECK(json::string_member(component, "version", "bill") == "1:12.2.0-14");
  CHECK(json::string_member(json::member(component, "supplier", "bill"), "name", "bill") ==
        "Example Builders");
}

TEST_CASE("the image depends on every package of its CycloneDX document") {
  const json::Value document = document_of(imagewright_test::example_manifest());
  const json::Value& dependency = json::array_member(document, "dependencies", "bill").at(0);
  CHECK(json::string_member(dependency, "ref", "bill") == "node-x86_64");
  CHECK(json::array_member(dependency, "dependsOn", "bill").size() ==
        json::array_member(document, "components", "bill").size());
}

TEST_CASE("the serial number of a CycloneDX document changes with the image alone") {
  audit::Manifest manifest = imagewright_test::example_manifest();
  const auto serial = [&manifest] {
    return json::string_member(document_of(manifest), "serialNumber", "bill");
  };
  const std::string first = serial();
  CHECK(serial() == first);
  manifest.artifacts.front().digest = base::digest_of("another image");
  CHECK(serial() != first);
}
