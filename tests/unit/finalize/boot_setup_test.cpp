// SPDX-License-Identifier: MIT
#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include <imagewright/finalize/plan.hpp>
#include <imagewright/model/partition_type.hpp>

using namespace imagewright;

namespace {

base::SourceLocation in_config(unsigned line) {
  return {"node.yaml", line, 1};
}

/// A config without wishes, a release with both boot loaders, and a disk for UEFI.
struct Case {
  Case() {
    release.name = "test-1";
    release.where = {"release.yaml", 1, 1};
    release.default_boot_loader = "systemd-boot";
    for (const char* name : {"systemd-boot", "grub"}) {
      release.boot_loaders[name] = {.efi_program = {.text = "/boot.efi"},
                                    .stub = {.text = "/stub.efi"}};
    }
    set_partition(model::PartitionKind::esp);
  }

  void set_partition(model::PartitionKind kind) {
    layout.partitions = {{.type = model::partition_type(kind, architecture)}};
  }

  /// Code and place of each mistake.
  std::vector<std::string> mistakes() const {
    std::vector<std::string> found;
    const auto diagnostics = finalize::check_boot_setup(config, release, architecture, layout);
    for (const auto& each : diagnostics.items()) {
      found.push_back(each.code + " " + base::to_string(*each.where));
    }
    return found;
  }

  model::ImageConfig config;
  model::ReleaseProfile release;
  const model::Architecture& architecture = model::architecture("x86_64");
  model::DiskLayout layout;
};

using Texts = std::vector<std::string>;

} // namespace

TEST_CASE_METHOD(Case, "what can be set up is not refused") {
  CHECK(mistakes().empty());
  config.os.boot_loader = {"grub", in_config(4)};
  CHECK(mistakes().empty());
  config.os.boot_loader.reset();
  config.os.uki_mode = {model::UkiMode::create, in_config(4)};
  CHECK(mistakes().empty());
  config.os.uki_mode.reset();
  release.default_boot_loader.clear();
  layout = {};
  CHECK(mistakes().empty());
}

TEST_CASE_METHOD(Case, "a boot loader that nobody can set up is refused where it is named") {
  release.default_boot_loader = "refind";
  CHECK(mistakes() == Texts{"finalize.no-boot-loader release.yaml:1:1"});
  release.boot_loaders["refind"] = {.efi_program = {.text = "/refind.efi"}};
  CHECK(mistakes() == Texts{"finalize.no-boot-loader release.yaml:1:1"});
  config.os.boot_loader = {"refind", in_config(4)};
  CHECK(mistakes() == Texts{"finalize.no-boot-loader node.yaml:4:1"});
}

TEST_CASE_METHOD(Case, "a default boot loader without facts is refused") {
  release.boot_loaders.erase("systemd-boot");
  CHECK(mistakes() == Texts{"finalize.no-boot-loader release.yaml:1:1"});
}

TEST_CASE_METHOD(Case, "a boot loader without a program for this architecture is refused") {
  release.boot_loaders["systemd-boot"].efi_program = {
      .text = "", .per_architecture = {{"aarch64", "/aa64.efi"}}};
  CHECK(mistakes() == Texts{"finalize.no-boot-loader release.yaml:1:1"});
}

TEST_CASE_METHOD(Case, "a unified kernel image without a stub is refused where it is asked for") {
  release.boot_loaders["systemd-boot"].stub = {.text = "",
                                               .per_architecture = {{"aarch64", "/aa64.stub"}}};
  CHECK(mistakes().empty());
  config.os.uki_mode = {model::UkiMode::create, in_config(7)};
  CHECK(mistakes() == Texts{"finalize.no-stub node.yaml:7:1"});
}

TEST_CASE_METHOD(Case, "a disk that the firmware cannot start from is refused") {
  set_partition(model::PartitionKind::root);
  CHECK(mistakes() == Texts{"finalize.no-esp release.yaml:1:1"});
  config.storage.boot_type = {model::BootType::legacy, in_config(2)};
  CHECK(mistakes() == Texts{"finalize.no-bios-boot-partition node.yaml:2:1"});
  set_partition(model::PartitionKind::bios_grub);
  CHECK(mistakes().empty());
}
