// SPDX-License-Identifier: MIT
#include <algorithm>
#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include <imagewright/config/load.hpp>
#include <imagewright/config/support.hpp>

using namespace imagewright;

namespace {

std::vector<std::uint32_t> lines_of(const std::string& text, config::Command command) {
  const model::ImageConfig config =
      config::load_image_config_text(text, "node.yaml",
                                     {.file_checks = config::FileChecks::skipped})
          .config;
  std::vector<std::uint32_t> lines;
  const base::Diagnostics unsupported = config::unsupported_keys(config, command);
  for (const base::Diagnostic& each : unsupported.items()) {
    CHECK(each.code == "config.unsupported-key");
    lines.push_back(each.where->line);
  }
  return lines;
}

} // namespace

TEST_CASE("keys that a command cannot honour are named at their lines") {
  const std::string text = "previewFeatures: [uki]\ninput:\n  image:\n    path: a.vhdx\nos:\n  "
                           "uki:\n    mode: passthrough\n"
                           "iso:\n  initramfsType: bootstrap\noutput:\n  image:\n    format: iso\n";
  CHECK(lines_of(text, config::Command::build) == std::vector<std::uint32_t>{4, 7, 9, 12});
  const auto for_customize = lines_of(text, config::Command::customize);
  CHECK(std::find(for_customize.begin(), for_customize.end(), 4U) == for_customize.end());
}

TEST_CASE("a plain config has nothing that build cannot honour") {
  CHECK(lines_of(
            "os:\n  hostname: a\n  packages: {install: [b]}\noutput: {images: [{format: qcow2}]}\n",
            config::Command::build)
            .empty());
}

TEST_CASE("build compresses qcow2 with zstd and gzip, and nothing else") {
  const auto lines = [](const std::string& image) {
    return lines_of("output:\n  images:\n  - " + image + "\n", config::Command::build);
  };
  CHECK(lines("{format: qcow2, compression: {algorithm: zstd}}").empty());
  CHECK(lines("{format: qcow2, compression: {algorithm: gzip}}").empty());
  CHECK(lines("{format: qcow2, compression: {algorithm: xz}}") == std::vector<std::uint32_t>{3});
  CHECK(lines("{format: raw, compression: {algorithm: zstd}}") == std::vector<std::uint32_t>{3});
  CHECK(lines("{format: qcow2, compression: {algorithm: zstd, level: 3}}").empty());
  CHECK(lines("{format: qcow2, clusterSize: 2M}").empty());
}
