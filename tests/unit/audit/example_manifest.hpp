// SPDX-License-Identifier: MIT
#pragma once

#include <imagewright/audit/manifest.hpp>

namespace imagewright_test {

inline imagewright::audit::Manifest example_manifest() {
  using namespace imagewright;
  const base::Uuid uuid = base::Uuid::from_name("test", "uuid");
  return {
      .name = "node",
      .architecture = "x86_64",
      .release = "workbench",
      .tool_version = "1.2.3",
      .bill = {.package_url_namespace = "example",
               .distribution = "example-1.0",
               .supplier = "Example Distribution"},
      .epoch = base::Epoch(std::chrono::seconds(1700000000)),
      .repositories = {{"base", "https://example.org/base", base::digest_of("repomd"), {"ABCD"}}},
      .packages = {{.nevra = {"libstdc++6", 1, "12.2.0", "14", "x86_64"},
                    .repository = "base",
                    .location = "libstdc++6.rpm",
                    .checksum = base::digest_of("package"),
                    .download_size = base::ByteSize(10),
                    .installed_size = base::ByteSize(20),
                    .build_time = base::Epoch(std::chrono::seconds(1600000000)),
                    .provenance = {.source_package = "gcc-12-12.2.0-14.src.rpm",
                                   .license = "GPL-3.0-only WITH GCC-exception-3.1",
                                   .vendor = "Example Builders"}}},
      .kernels = {{"6.1.0", "/boot/vmlinuz-6.1.0", "/boot/initramfs-6.1.0.img"}},
      .kernel_command_line = "root=PARTUUID=x ro",
      .units = {{.unit = "sshd.service",
                 .state = model::UnitState::masked,
                 .origin = "os.services"}},
      .checks = {{"kernel is 6.1", model::CheckKind::kernel_series, "", "6.1"}},
      .layout = {.uuid = uuid,
                 .size = base::ByteSize::gib(1),
                 .partitions = {{.id = "root",
                                 .label = "root",
                                 .type = uuid,
                                 .uuid = uuid,
                                 .start = base::ByteSize::mib(1),
                                 .size = base::ByteSize::mib(100),
                                 .filesystem =
                                     model::Filesystem{.uuid = uuid, .mount_point = "/"}}}},
      .artifacts = {{"node-x86_64.qcow2", model::ImageFormat::qcow2, base::ByteSize::gib(1),
                     base::ByteSize::mib(300), base::digest_of("image")}},
      .files = {{"/etc/hostname", "file 0644 0:0 5 sha256:00"}},
  };
}

} // namespace imagewright_test
