// SPDX-License-Identifier: MIT
#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <vector>

#include <imagewright_test/golden.hpp>
#include <imagewright_test/scratch.hpp>

#include <catch2/catch.hpp>

#include <imagewright/config/load.hpp>
#include <imagewright/config/support.hpp>

#include "config/language/language.hpp"

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
                           "uki:\n    mode: modify\n"
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

namespace {

/// Every key that holds a value, without marks of lists; what is only an old spelling is read as
/// today's.
void add_keys(const config::Type& type, const std::string& path, std::set<std::string>& keys,
              int depth = 12) {
  if (depth == 0) return;
  if (type.item != nullptr) add_keys(*type.item, path, keys, depth - 1);
  if (type.keys.empty() && type.item == nullptr) keys.insert(path);
  for (const config::Key& key : type.keys) {
    // A variant has the keys of the config.
    if (key.name == "variants") continue;
    if (!key.removed_hint.empty() || !key.current_spelling.empty()) continue;
    add_keys(*key.type, (path.empty() ? "" : path + ".") + std::string(key.name), keys, depth - 1);
  }
}

bool is_refused(const std::string& key) {
  const auto refused = config::refused_by_customizing();
  return std::any_of(refused.begin(), refused.end(), [&](std::string_view each) {
    return key == each || key.starts_with(std::string(each) + ".");
  });
}

const std::string k_disk =
    "storage: {bootType: efi, disks: [{partitionTableType: gpt, partitions: ["
    "{id: e, type: esp, size: 64M}, {id: a, size: 1G}]}], filesystems: ["
    "{deviceId: e, type: fat32, mountPoint: /boot/efi}, "
    "{deviceId: a, type: ext4, mountPoint: /}]}\nos: {bootloader: {resetType: hard-reset}}";

/// A config that uses a refused key, by the key.
const std::map<std::string, std::string, std::less<>> k_refused_samples = {
    {"iso", "iso: {initramfsType: bootstrap}"},
    {"os.containerImages", "os: {containerImages: [{source: 'docker-archive:a.tar'}]}"},
    {"os.kernel.package", "os: {kernel: {package: kernel}}"},
    {"os.kernel.series", "os: {kernel: {series: '6.6'}}"},
    {"os.machineId.mode", "os: {machineId: {mode: keep}}"},
    {"os.network", "os: {network: {interfaces: [{dhcp: both}]}}"},
    {"os.packages.roles", "os: {packages: {roles: [container-runtime]}}"},
    {"os.packages.stored", "os: {packages: {stored: [{packages: [a], directory: /opt/a}]}}"},
    {"output.images.platform", "output: {images: [{format: raw, platform: azure}]}"},
    {"pxe", "pxe: {initramfsType: bootstrap}"},
    {"scripts.network", "scripts: {network: true, postCustomization: [{content: exit}]}"},
    {"storage.filesystems.btrfs",
     "previewFeatures: [btrfs]\n"
     "storage: {bootType: efi, disks: [{partitionTableType: gpt, partitions: ["
     "{id: e, type: esp, size: 64M}, {id: a, size: 1G}]}], filesystems: ["
     "{deviceId: e, type: fat32, mountPoint: /boot/efi}, {deviceId: a, type: btrfs, "
     "btrfs: {subvolumes: [{path: r, mountPoint: /}]}}]}\n"
     "os: {bootloader: {resetType: hard-reset}}"},
};

} // namespace

TEST_CASE("customizing honours or refuses every key of the language") {
  std::set<std::string> keys;
  add_keys(config::k_image_config_type, "", keys);
  const auto honoured = config::honoured_by_customizing();
  CHECK(std::is_sorted(honoured.begin(), honoured.end()));
  const std::set<std::string> honoured_keys(honoured.begin(), honoured.end());
  for (const std::string& key : keys) {
    INFO(key);
    CHECK((honoured_keys.count(key) != 0) != is_refused(key));
  }
  for (const std::string& key : honoured_keys) {
    INFO(key);
    CHECK(keys.count(key) == 1);
  }
}

TEST_CASE("customizing takes what describes a boot chain and a disk only where these are new") {
  const auto lines = [](const std::string& text) {
    return lines_of(text + "\n", config::Command::customize);
  };
  CHECK(lines(k_disk).empty());
  CHECK(lines("os: {bootloader: {resetType: hard-reset, type: grub}}").empty());
  CHECK(lines("os: {cgroup: {version: v1}, fips: {mode: enabled}}").empty());
  CHECK_FALSE(lines("os: {bootloader: {type: grub}}").empty());
  CHECK_FALSE(lines("storage: {autoSize: true}").empty());
  CHECK_FALSE(lines("storage: {autoSize: true, freeSpace: 1G}").empty());
}

TEST_CASE("customizing refuses what it says that it refuses") {
  for (const std::string_view refused : config::refused_by_customizing()) {
    int count = 0;
    for (const auto& [key, text] : k_refused_samples) {
      if (key != refused && !key.starts_with(std::string(refused) + ".")) continue;
      ++count;
      INFO(key << ": " << text);
      CHECK_FALSE(lines_of(text + "\n", config::Command::customize).empty());
    }
    INFO(refused);
    CHECK(count > 0);
  }
}

TEST_CASE("docs/customize-keys.md says what customizing does about each key") {
  std::string text =
      "# Keys of the config when an image is customized\n\n"
      "This page is made from the table that the program uses; a test fails when the "
      "two differ. [The reference](config-reference.md) says\nwhat each key means. "
      "What is refused is refused before anything is written, with the line of the "
      "config.\n\n## Honoured\n\n";
  for (const std::string_view key : config::honoured_by_customizing())
    text += "* `" + std::string(key) + "`\n";
  text += "\n## Refused, with everything below\n\n";
  for (const std::string_view key : config::refused_by_customizing())
    text += "* `" + std::string(key) + "`\n";
  imagewright_test::check_golden(imagewright_test::source_directory() / "docs/customize-keys.md",
                                 text);
}
