// SPDX-License-Identifier: MIT
#include <catch2/catch.hpp>

#include <imagewright/audit/manifest.hpp>
#include <imagewright/base/error.hpp>

#include "example_manifest.hpp"

using namespace imagewright;

TEST_CASE("a manifest survives being written and read") {
  const audit::Manifest manifest = imagewright_test::example_manifest();
  const std::string text = audit::to_text(manifest);
  const audit::Manifest read = audit::parse_manifest(text, "m.json");
  CHECK(audit::to_text(read) == text);
  CHECK(read.layout == manifest.layout);
  CHECK(read.packages == manifest.packages);
  CHECK(read.checks == manifest.checks);
  CHECK(read.artifacts == manifest.artifacts);
}

TEST_CASE("container images survive being written and read, and none leave no trace") {
  audit::Manifest manifest = imagewright_test::example_manifest();
  CHECK(audit::to_text(manifest).find("containerImages") == std::string::npos);
  manifest.container_images = {{.name = "registry.example/pause:3.9",
                                .name_space = "k8s.io",
                                .pinning = model::Pinning::pinned,
                                .index = base::digest_of("index"),
                                .manifest = base::digest_of("manifest"),
                                .config = base::digest_of("config"),
                                .layers = {base::digest_of("one"), base::digest_of("two")}},
                               {.name = "registry.example/dns:1",
                                .name_space = "moby",
                                .pinning = model::Pinning::unpinned,
                                .index = std::nullopt,
                                .manifest = base::digest_of("other"),
                                .config = base::digest_of("config"),
                                .layers = {}}};
  const std::string text = audit::to_text(manifest);
  CHECK(audit::parse_manifest(text, "m.json").container_images == manifest.container_images);
}

TEST_CASE("what a TPM will hold survives being written and read, and so does why not") {
  audit::Manifest manifest = imagewright_test::example_manifest();
  CHECK(audit::to_text(manifest).find("measurements") == std::string::npos);
  for (const audit::MeasuredBoot& boot :
       {audit::MeasuredBoot{.entry = "linux.efi",
       .registers = {{.number = 0, .values = {}, .unknown = "firmware's"},
                     {.number = 11,
                     .values = {base::digest_of("a"),
                                base::digest_of("a", base::DigestAlgorithm::sha384)},
                     .unknown = {}}},
       .unknown = {}},
        audit::MeasuredBoot{.entry = {}, .registers = {}, .unknown = "no EFI system partition"}}) {
    manifest.measured_boot = boot;
    CHECK(audit::parse_manifest(audit::to_text(manifest), "m.json").measured_boot == boot);
  }
}

TEST_CASE("refuses registers that no TPM has") {
  audit::Manifest manifest = imagewright_test::example_manifest();
  manifest.measured_boot = {
      .entry = {}, .registers = {{.number = 24, .values = {}, .unknown = "x"}}, .unknown = {}};
  CHECK_THROWS_AS(audit::parse_manifest(audit::to_text(manifest), "m.json"), base::Error);
  const std::string empty = R"({"entry": "", "registers": [{"pcr": 1, "values": {"sha1": "aa"}}]})";
  CHECK_THROWS_AS(audit::measured_boot_from(json::parse(empty, "m.json"), "m.json"), base::Error);
}

TEST_CASE("refuses a document that is not a manifest, naming the file") {
  for (const std::string text : {R"({})", R"({"imagewrightManifest": 2})", "[]", "{"}) {
    try {
      audit::parse_manifest(text, "m.json");
      FAIL("accepted " << text);
    } catch (const base::Error& error) {
      const std::string where =
          error.diagnostic().where ? error.diagnostic().where->file : error.diagnostic().message;
      CHECK(where.find("m.json") != std::string::npos);
    }
  }
}
