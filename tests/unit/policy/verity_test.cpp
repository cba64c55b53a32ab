// SPDX-License-Identifier: MIT
#include <catch2/catch.hpp>

#include <imagewright/model/verity.hpp>

#include "policy_case.hpp"

using namespace policy_test;

namespace {

struct VerityCase : PolicyCase {
  VerityCase() {
    add_role("verity", "the-verity");
    add_role("bootloader-grub", "the-bootloader-grub");
    release.boot_loaders["grub"] = {};
    release.boot_loaders["systemd-boot"] = {};
    layout.partitions.front().id = "root";
    layout.partitions.front().filesystem->verity_name = "root";
    layout.partitions.front().filesystem->mount_options = "ro";
    model::Partition hashes;
    hashes.id = "hashes";
    hashes.label = "hashes";
    hashes.uuid = base::Uuid::from_name("test", "hashes");
    layout.partitions.push_back(hashes);
    layout.verity = {{.name = "root",
                      .data_partition = "root",
                      .hash_partition = "hashes",
                      .uuid = base::Uuid::from_name("test", "verity"),
                      .salt = "salt",
                      .options = "panic-on-corruption"}};
    model::VerityConfig wish;
    wish.name = {"root", at(9)};
    wish.where = at(8);
    config.storage.verity = {wish};
  }
};

} // namespace

TEST_CASE("tells systemd both partitions and, later, the root hash") {
  VerityCase test;
  const auto part = policy::verity_policy(test.input());
  CHECK(part.diagnostics.empty());
  CHECK(words_of(part.policy) ==
        Texts{"roothash=" + model::root_hash_placeholder(test.layout.verity[0]),
              "systemd.verity_root_data=PARTUUID=" + test.layout.partitions[0].uuid.to_string(),
              "systemd.verity_root_hash=PARTUUID=" + test.layout.partitions[1].uuid.to_string(),
              "systemd.verity_root_options=panic-on-corruption"});
  CHECK(has_package(part.policy, "the-verity"));
  CHECK(part.policy.initramfs_modules == Texts{"systemd-veritysetup"});
  CHECK(line_of(policy::boot_policy(test.input()).policy).starts_with("root=/dev/mapper/root ro"));
}

TEST_CASE("partitions of a verity device are named as the config wants") {
  VerityCase test;
  auto& device = test.layout.verity[0];
  device.data_identifier = model::MountIdentifier::uuid;
  device.hash_identifier = model::MountIdentifier::part_label;
  const auto words = words_of(policy::verity_policy(test.input()).policy);
  CHECK(words[1] ==
        "systemd.verity_root_data=UUID=" + test.layout.partitions[0].filesystem->uuid.to_string());
  CHECK(words[2] == "systemd.verity_root_hash=PARTLABEL=hashes");
  device.hash_identifier = model::MountIdentifier::uuid;
  CHECK(words_of(policy::verity_policy(test.input()).policy)[2] ==
        "systemd.verity_root_hash=UUID=" + device.uuid.to_string());
}

TEST_CASE("a signature has /boot mounted before anything is verified") {
  VerityCase test;
  test.layout.verity[0].options = "root-hash-signature=/boot/root.hash";
  CHECK_FALSE(policy::verity_policy(test.input()).diagnostics.empty());
  model::Partition boot;
  boot.id = "boot";
  boot.filesystem =
      model::Filesystem{.uuid = base::Uuid::from_name("test", "boot"), .mount_point = "/boot"};
  test.layout.partitions.push_back(boot);
  const auto part = policy::verity_policy(test.input());
  CHECK(part.diagnostics.empty());
  CHECK(words_of(part.policy).back() == "pre.verity.mount=" + boot.filesystem->uuid.to_string());
  CHECK(part.policy.initramfs_modules == Texts{"systemd-veritysetup", "imagewright-boot-mount"});
  CHECK(part.policy.initramfs_drivers == Texts{"dm-verity", "ext4"});
}

TEST_CASE("a root that cannot be written gets a /tmp that can") {
  VerityCase test;
  const auto has_tmp = [&] {
    const auto policy = policy::verity_policy(test.input()).policy;
    CHECK(policy.files.size() == policy.units.size());
    return !policy.files.empty() && policy.files[0].path == "/etc/systemd/system/tmp.mount" &&
           policy.units[0].unit == "tmp.mount";
  };
  CHECK(has_tmp());
  SECTION("unless it is a filesystem of its own") {
    model::Partition partition;
    partition.id = "tmp";
    partition.filesystem = model::Filesystem{};
    partition.filesystem->mount_point = "/tmp";
    test.layout.partitions.push_back(partition);
    CHECK_FALSE(has_tmp());
  }
  SECTION("unless /usr alone is verified") {
    test.layout.partitions.front().filesystem->mount_point = "/usr";
    CHECK_FALSE(has_tmp());
  }
}

TEST_CASE("a root hash by hand contradicts the verity device") {
  VerityCase test;
  test.add_words("roothash=0123", 4);
  const auto diagnostics = test.result().diagnostics;
  REQUIRE(codes_of(diagnostics) == Texts{"policy.command-line-conflict"});
  CHECK(diagnostics.items().front().where == at(4));
  CHECK(diagnostics.items().front().related.front().where == at(8));
}

TEST_CASE("GRUB's configuration cannot be inside what it has the hash of") {
  VerityCase test;
  test.config.os.boot_loader = {"grub", at(4)};
  CHECK(codes_of(policy::verity_policy(test.input()).diagnostics) == Texts{"policy.boot-conflict"});
  test.add_filesystem("/boot", "boot");
  CHECK(policy::verity_policy(test.input()).diagnostics.empty());
}
