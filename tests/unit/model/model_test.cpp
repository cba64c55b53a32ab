// SPDX-License-Identifier: MIT
#include <catch2/catch.hpp>

#include <imagewright/model/architecture.hpp>
#include <imagewright/model/artifact.hpp>
#include <imagewright/model/image_format.hpp>
#include <imagewright/model/layout.hpp>
#include <imagewright/model/output_config.hpp>
#include <imagewright/model/package.hpp>
#include <imagewright/model/policy.hpp>

using namespace imagewright;

TEST_CASE("writes package names as rpm does, without an epoch of zero") {
  CHECK(model::Nevra{"bash", 0, "5.2", "1", "x86_64"}.to_string() == "bash-5.2-1.x86_64");
  CHECK(model::Nevra{"shadow", 2, "4.13", "1", "noarch"}.evr() == "2:4.13-1");
}

TEST_CASE("every format and check kind is found by its own word") {
  for (const model::ImageFormatRow& row : model::k_image_formats) {
    CHECK(model::find_image_format(row.word) == row.format);
    CHECK(model::image_format_of(model::output_format_of(row.format)) == row.format);
  }
  CHECK_FALSE(model::image_format_of(model::OutputFormat::iso).has_value());
  CHECK(model::find_check_kind(model::to_string(model::CheckKind::fips_enabled)) ==
        model::CheckKind::fips_enabled);
  CHECK_FALSE(model::find_check_kind("nonsense").has_value());
}

TEST_CASE("names a filesystem as fstab does") {
  model::Partition partition{.label = "esp",
                             .filesystem = model::Filesystem{.type = model::FilesystemType::fat32}};
  partition.filesystem->uuid.bytes = {0x1A, 0x2B, 0x3C, 0x4D};
  CHECK(model::mount_source(partition) == "UUID=1A2B-3C4D");
  partition.filesystem->identifier = model::MountIdentifier::part_label;
  CHECK(model::mount_source(partition) == "PARTLABEL=esp");
}

TEST_CASE("architectures are found by RPM's name") {
  REQUIRE(model::find_architecture("aarch64") != nullptr);
  CHECK(model::architecture("aarch64").removable_media_loader == "BOOTAA64.EFI");
  CHECK(model::find_architecture("riscv64") == nullptr);
}
