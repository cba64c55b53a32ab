// SPDX-License-Identifier: MIT
#include <catch2/catch.hpp>

#include <imagewright/base/error.hpp>
#include <imagewright/plan/layout.hpp>

using namespace imagewright;
using base::ByteSize;

namespace {

model::Located<ByteSize> mib(std::uint64_t count) {
  return {ByteSize::mib(count), {}};
}

model::StorageConfig example_storage() {
  model::StorageConfig storage;
  storage.disk = model::DiskConfig{
      .max_size = mib(1024),
      .partitions = {
          {.id = "esp", .label = {"esp", {}}, .size = mib(64), .kind = model::PartitionKind::esp},
          {.id = "root",
           .label = {"root", {}},
           .grows = true,
           .kind = model::PartitionKind::root}}};
  model::FilesystemConfig esp{.device_id = {"esp", {}}};
  esp.type = model::Located<model::FilesystemType>{model::FilesystemType::fat32, {}};
  esp.mount_point = model::MountPointConfig{.path = "/boot/efi"};
  model::FilesystemConfig root{.device_id = {"root", {}}};
  root.type = model::Located<model::FilesystemType>{model::FilesystemType::ext4, {}};
  root.mount_point = model::MountPointConfig{.path = "/"};
  storage.filesystems = {esp, root};
  return storage;
}

const std::map<std::string, std::vector<std::string>> k_features{{"ext4", {"extent", "64bit"}}};

model::DiskLayout layout_of(const model::StorageConfig& storage, const std::string& seed = "seed") {
  return plan::make_layout(storage, {.architecture = model::architecture("x86_64"),
                                     .filesystem_features = k_features,
                                     .seed = seed});
}

} // namespace

TEST_CASE("places partitions one after the other and lets the last one take the rest") {
  const model::DiskLayout layout = layout_of(example_storage());
  REQUIRE(layout.partitions.size() == 2);
  CHECK(layout.size == ByteSize::mib(1024));
  CHECK(layout.partitions[0].start == ByteSize::mib(1));
  CHECK(layout.partitions[1].start == ByteSize::mib(65));
  CHECK(layout.partitions[1].size == ByteSize::mib(1024 - 65 - 1));
  CHECK(layout.partitions[1].type == model::architecture("x86_64").partition_types.root);
  CHECK(layout.find_mount("/")->filesystem->features ==
        std::vector<std::string>{"extent", "64bit"});
  CHECK(layout.find_mount("/boot/efi")->id == "esp");
}

TEST_CASE("identifiers depend on the seed and on nothing else") {
  CHECK(layout_of(example_storage()) == layout_of(example_storage()));
  const model::DiskLayout other = layout_of(example_storage(), "other");
  CHECK(other.uuid != layout_of(example_storage()).uuid);
  CHECK(other.partitions[0].uuid != other.partitions[1].uuid);
}

TEST_CASE("a disk without a size is as large as its partitions need") {
  model::StorageConfig storage = example_storage();
  storage.disk->max_size.reset();
  storage.disk->partitions[1].grows = false;
  storage.disk->partitions[1].size = mib(100);
  CHECK(layout_of(storage).size == ByteSize::mib(1 + 64 + 100 + 1));
}

TEST_CASE("a disk that cannot be is a mistake with its place") {
  model::StorageConfig storage = example_storage();
  storage.disk->partitions[1].size = mib(2000);
  CHECK_THROWS_AS(layout_of(storage), base::InputError);
  storage = example_storage();
  storage.disk->partitions[1].start = mib(10);
  CHECK_THROWS_AS(layout_of(storage), base::InputError);
  storage.disk.reset();
  CHECK_THROWS_AS(layout_of(storage), base::InputError);
}

TEST_CASE("the last partition can be fitted to its content") {
  const model::DiskLayout layout =
      plan::fit_last_partition(layout_of(example_storage()), ByteSize(100 * 1024 * 1024 + 1));
  CHECK(layout.partitions.back().size == ByteSize::mib(101));
  CHECK(layout.size == ByteSize::mib(65 + 101 + 1));
}

TEST_CASE("a filesystem on a verity device stands on the partition with the data") {
  auto storage = example_storage();
  storage.disk->partitions.insert(storage.disk->partitions.begin() + 1,
                                  {.id = "hashes", .label = {"hashes", {}}, .size = mib(16)});
  model::VerityConfig verity;
  verity.id = "verified";
  verity.name = {"root", {}};
  verity.data_device_id = {"root", {}};
  verity.hash_device_id = {"hashes", {}};
  verity.corruption = model::VerityCorruption::panic;
  verity.hash_device_identifier = model::MountIdentifier::part_label;
  storage.verity = {verity};
  storage.filesystems[1].device_id.text = "verified";
  const model::DiskLayout layout = layout_of(storage);
  const model::Partition* root = layout.find_mount("/");
  REQUIRE(root != nullptr);
  CHECK(root->id == "root");
  CHECK(model::mount_source(*root) == "/dev/mapper/root");
  CHECK_FALSE(layout.find_partition("hashes")->filesystem);
  REQUIRE(layout.verity.size() == 1);
  const model::VerityDevice& device = layout.verity[0];
  CHECK(device.name == "root");
  CHECK(device.data_partition == "root");
  CHECK(device.hash_partition == "hashes");
  CHECK(device.options == "panic-on-corruption");
  CHECK(device.data_identifier == model::MountIdentifier::part_uuid);
  CHECK(device.hash_identifier == model::MountIdentifier::part_label);
  CHECK(device.salt.size() == 32);
  CHECK(layout_of(storage).verity == layout.verity);
  CHECK(layout_of(storage, "another").verity[0].salt != device.salt);
}
