// SPDX-License-Identifier: MIT
#include <chrono>
#include <functional>
#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include <imagewright/base/error.hpp>
#include <imagewright/handover/handover.hpp>
#include <imagewright/json/value.hpp>
#include <imagewright/model/architecture.hpp>
#include <imagewright/model/partition_type.hpp>

using namespace imagewright;

namespace {

audit::Manifest manifest_with(model::ImageFormat format, const std::string& file) {
  audit::Manifest manifest{.name = "node",
                           .architecture = "x86_64",
                           .release = "workbench",
                           .epoch = base::Epoch(std::chrono::seconds(1767225599))};
  manifest.artifacts.push_back(
      {.file = file, .format = format, .digest = base::digest_of("content")});
  manifest.layout.partitions.push_back(
      {.id = "esp",
       .type =
           model::partition_type(model::PartitionKind::esp, *model::find_architecture("x86_64"))});
  return manifest;
}

std::string code_of(const std::function<void()>& action) {
  try {
    action();
  } catch (const base::Error& error) {
    return error.diagnostic().code;
  }
  return "nothing was thrown";
}

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

} // namespace

TEST_CASE("a domain names the image, the firmware and the machine, escaped for XML") {
  const auto manifest = manifest_with(model::ImageFormat::qcow2, "a&b<'\">.qcow2");
  const std::string text =
      handover::libvirt_domain(manifest, {.machine = {.name = "<me & 'you'>"}});
  CHECK(contains(text, "<name>&lt;me &amp; &#39;you&#39;&gt;</name>"));
  CHECK(contains(text, "file='/var/lib/libvirt/images/a&amp;b&lt;&#39;&quot;&gt;.qcow2'"));
  CHECK(contains(text, "<os firmware='efi'>"));
  CHECK(contains(text, "machine='q35'"));
  CHECK(text == handover::libvirt_domain(manifest, {.machine = {.name = "<me & 'you'>"}}));
}

TEST_CASE("a disk without an EFI system partition starts by BIOS") {
  auto manifest = manifest_with(model::ImageFormat::raw, "node.raw");
  manifest.layout.partitions.clear();
  const std::string text = handover::libvirt_domain(manifest, {});
  CHECK_FALSE(contains(text, "firmware"));
  CHECK(contains(text, "type='raw'"));
  CHECK(code_of([&] {
          auto vhdx = manifest_with(model::ImageFormat::vhdx, "node.vhdx");
          vhdx.layout.partitions.clear();
          handover::hyperv_script(vhdx, {});
        }) == "handover.no-firmware");
}

TEST_CASE("another machine's name gives another identity") {
  const auto manifest = manifest_with(model::ImageFormat::qcow2, "node.qcow2");
  CHECK(handover::libvirt_domain(manifest, {.machine = {.name = "one"}}).substr(60) !=
        handover::libvirt_domain(manifest, {.machine = {.name = "two"}}).substr(60));
}

TEST_CASE("PowerShell's five quotation marks are doubled") {
  const auto manifest = manifest_with(model::ImageFormat::vhdx, "node.vhdx");
  const std::string text = handover::hyperv_script(
      manifest, {.machine = {.name = "it's \u2019; Remove-Item x; \u2018 $(x) \u201A\u201B"}});
  CHECK(contains(text, "'it''s \u2019\u2019; Remove-Item x; \u2018\u2018 $(x) "
                       "\u201A\u201A\u201B\u201B'"));
  CHECK(contains(text, base::digest_of("content").hex));
  CHECK(contains(text, "-Generation 2"));
  CHECK(contains(text, "-EnableSecureBoot Off"));
  CHECK(contains(
      handover::hyperv_script(manifest, {.machine = {.secure_boot = handover::SecureBoot::on}}),
      "MicrosoftUEFICertificateAuthority"));
}

TEST_CASE("text that has no safe spelling is refused") {
  const auto manifest = manifest_with(model::ImageFormat::vhdx, "node.vhdx");
  for (const char* name : {"a\nb", "a\x01", "\xff"})
    CHECK(code_of([&] { handover::hyperv_script(manifest, {.machine = {.name = name}}); }) ==
          "handover.bad-text");
  const auto disk = manifest_with(model::ImageFormat::qcow2, "node.qcow2");
  CHECK(code_of([&] { handover::libvirt_domain(disk, {.directory = "images"}); }) ==
        "handover.bad-text");
  CHECK(code_of([&] { handover::libvirt_domain(disk, {.machine = {.name = "a/b"}}); }) ==
        "handover.bad-text");
}

TEST_CASE("a format that was not written is refused") {
  const auto manifest = manifest_with(model::ImageFormat::qcow2, "node.qcow2");
  CHECK(code_of([&] { handover::hyperv_script(manifest, {}); }) == "handover.no-artifact");
  CHECK(code_of([&] { handover::terraform_variables(manifest, {}); }) == "handover.no-artifact");
}

TEST_CASE("variables of Terraform have the digest and a version from the image's time") {
  const auto manifest = manifest_with(model::ImageFormat::vhd_fixed, "node-x86_64.vhd");
  const json::Value value =
      json::parse(handover::terraform_variables(manifest, {.directory = "out"}), "variables");
  CHECK(json::string_member(value, "image_file", "") == "out/node-x86_64.vhd");
  CHECK(json::string_member(value, "image_sha256", "") == base::digest_of("content").hex);
  CHECK(json::string_member(value, "image_version", "") == "2025.1231.86399");
  CHECK(json::string_member(value, "architecture", "") == "x86_64");
  CHECK(json::string_member(value, "hyper_v_generation", "") == "V2");
  for (const char* version :
       {"1.2", "1.2.3.4", "01.2.3", "1.2.x", "1.2.2147483648", "1..2", "-1.2.3"})
    CHECK(code_of([&] { handover::terraform_variables(manifest, {.version = version}); }) ==
          "handover.bad-version");
  CHECK(code_of([&] { handover::terraform_variables(manifest, {.version = "1.0.2147483647"}); }) ==
        "nothing was thrown");
}

TEST_CASE("a catalogue has one archive for each architecture") {
  std::vector<audit::Manifest> manifests{
      manifest_with(model::ImageFormat::wsl, "node-x86_64.wsl"),
      manifest_with(model::ImageFormat::wsl, "node-aarch64.wsl")};
  manifests.back().architecture = "aarch64";
  const std::string text =
      handover::wsl_catalogue(manifests, {.base_url = "https://images.example.com/wsl"});
  const json::Value value = json::parse(text, "catalogue");
  const json::Value& entry =
      json::array_member(json::member(value, "ModernDistributions", ""), "node", "").front();
  CHECK(json::string_member(json::member(entry, "Arm64Url", ""), "Url", "") ==
        "https://images.example.com/wsl/node-aarch64.wsl");
  CHECK(json::string_member(json::member(entry, "Amd64Url", ""), "Sha256", "") ==
        "0x" + base::digest_of("content").hex);
  CHECK(json::bool_member(entry, "Default", ""));
  manifests.back().architecture = "x86_64";
  CHECK(code_of([&] { handover::wsl_catalogue(manifests, {.base_url = "https://x"}); }) ==
        "handover.mixed-images");
}
