// SPDX-License-Identifier: MIT
#include <catch2/catch.hpp>

#include "policy_case.hpp"

using namespace policy_test;

TEST_CASE("names the root filesystem as its mount point identifies it") {
  PolicyCase test;
  auto& root = test.layout.partitions.front();
  SECTION("by UUID") {
    CHECK(line_of(policy::boot_policy(test.input()).policy)
              .starts_with("root=UUID=" + root.filesystem->uuid.to_string() + " rw"));
  }
  SECTION("by partition UUID") {
    root.filesystem->identifier = model::MountIdentifier::part_uuid;
    CHECK(line_of(policy::boot_policy(test.input()).policy)
              .starts_with("root=PARTUUID=" + root.uuid.to_string() + " rw"));
  }
  SECTION("by partition label") {
    root.filesystem->identifier = model::MountIdentifier::part_label;
    CHECK(line_of(policy::boot_policy(test.input()).policy).starts_with("root=PARTLABEL=root rw"));
  }
}

TEST_CASE("mounts a root with the option ro read-only") {
  PolicyCase test;
  test.layout.partitions.front().filesystem->mount_options = "noatime,ro";
  CHECK(words_of(policy::boot_policy(test.input()).policy).at(1) == "ro");
}

TEST_CASE("takes consoles from the release, or from the architecture when the release has none") {
  PolicyCase test;
  CHECK(
      line_of(policy::boot_policy(test.input()).policy).ends_with("rw console=tty0 console=ttyS0"));
  test.architecture = "aarch64";
  CHECK(line_of(policy::boot_policy(test.input()).policy).ends_with("rw console=ttyAMA0"));
}

TEST_CASE("a layout without root filesystem is an error") {
  PolicyCase test;
  test.layout.partitions.clear();
  CHECK(codes_of(policy::boot_policy(test.input()).diagnostics) == Texts{"policy.no-root"});
}

TEST_CASE("refuses BIOS boot where the architecture has none") {
  PolicyCase test;
  test.config.storage.boot_type = {model::BootType::legacy, at(3)};
  const auto fine = policy::boot_policy(test.input());
  CHECK(fine.diagnostics.empty());
  CHECK(has_package(fine.policy, "the-bootloader-bios"));
  test.architecture = "aarch64";
  const auto refused = policy::boot_policy(test.input()).diagnostics;
  REQUIRE(codes_of(refused) == Texts{"policy.no-legacy-boot"});
  CHECK(refused.items().front().where == at(3));
}

TEST_CASE("brings the driver of a root filesystem that is not a matter of course") {
  PolicyCase test;
  CHECK(policy::boot_policy(test.input()).policy.initramfs_drivers.empty());
  test.layout.partitions.front().filesystem->type = model::FilesystemType::xfs;
  CHECK(policy::boot_policy(test.input()).policy.initramfs_drivers == Texts{"xfs"});
}

TEST_CASE("takes the boot loader that is asked for, and the release's otherwise") {
  PolicyCase test;
  test.add_role("bootloader-grub", "the-bootloader-grub");
  test.release.boot_loaders["grub"] = {};
  test.release.boot_loaders["systemd-boot"] = {};
  CHECK(has_package(policy::boot_policy(test.input()).policy, "the-bootloader-systemd-boot"));
  test.config.os.boot_loader = {"grub", at(4)};
  const auto chosen = policy::boot_policy(test.input());
  CHECK(chosen.diagnostics.empty());
  CHECK(has_package(chosen.policy, "the-bootloader-grub"));
  CHECK_FALSE(has_package(chosen.policy, "the-bootloader-systemd-boot"));
  test.config.os.boot_loader = {"lilo", at(4)};
  const auto refused = policy::boot_policy(test.input()).diagnostics;
  REQUIRE(codes_of(refused) == Texts{"policy.no-boot-loader"});
  CHECK(refused.items().front().where == at(4));
}

TEST_CASE("a BIOS starts GRUB only") {
  PolicyCase test;
  test.config.storage.boot_type = {model::BootType::legacy, at(3)};
  test.config.os.boot_loader = {"grub", at(4)};
  CHECK(policy::boot_policy(test.input()).diagnostics.empty());
  test.config.os.boot_loader = {"systemd-boot", at(4)};
  const auto refused = policy::boot_policy(test.input()).diagnostics;
  REQUIRE(codes_of(refused) == Texts{"policy.boot-conflict"});
  CHECK(refused.items().front().where == at(4));
  CHECK(refused.items().front().related.front().where == at(3));
}

TEST_CASE("unified kernel images are started by systemd-boot") {
  PolicyCase test;
  test.add_role("bootloader-grub", "the-bootloader-grub");
  test.release.default_boot_loader = "grub";
  test.release.boot_loaders["grub"] = {};
  test.release.boot_loaders["systemd-boot"] = {};
  test.config.os.uki_mode = {model::UkiMode::create, at(5)};
  SECTION("whatever the release's default is") {
    const auto part = policy::boot_policy(test.input());
    CHECK(part.diagnostics.empty());
    CHECK(has_package(part.policy, "the-bootloader-systemd-boot"));
  }
  SECTION("so GRUB is refused with both positions") {
    test.config.os.boot_loader = {"grub", at(4)};
    const auto refused = policy::boot_policy(test.input()).diagnostics;
    REQUIRE(codes_of(refused) == Texts{"policy.boot-conflict"});
    CHECK(refused.items().front().where == at(5));
    CHECK(refused.items().front().related.front().where == at(4));
  }
  SECTION("so a BIOS is refused") {
    test.config.storage.boot_type = {model::BootType::legacy, at(3)};
    CHECK(codes_of(policy::boot_policy(test.input()).diagnostics) == Texts{"policy.boot-conflict"});
  }
  SECTION("so a release without it is refused") {
    test.release.boot_loaders.erase("systemd-boot");
    CHECK(codes_of(policy::boot_policy(test.input()).diagnostics) ==
          Texts{"policy.no-boot-loader"});
  }
}
