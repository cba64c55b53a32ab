// SPDX-License-Identifier: MIT
#include "disk_fixture.hpp"

#include <fstream>

#include <catch2/catch.hpp>

#include <imagewright/fs/file.hpp>
#include <imagewright/process/command_runner.hpp>

namespace imagewright_test {

namespace base = imagewright::base;
namespace disk = imagewright::disk;
namespace model = imagewright::model;
namespace process = imagewright::process;
namespace tree = imagewright::tree;

ToolRun run_tool(std::vector<std::string> argv) {
  const base::Cancellation never;
  process::HostCommandRunner runner(never);
  process::Command command{.argv = std::move(argv)};
  command.environment["PATH"] = "/usr/sbin:/usr/bin:/sbin:/bin";
  command.environment["LC_ALL"] = "C";
  command.environment["MTOOLS_SKIP_CHECK"] = "1";
  const auto result = runner.run(command);
  return {result.exit_code.value_or(-1), result.standard_output + result.standard_error};
}

DiskFixture::DiskFixture() : layout(node_layout()), root_(scratch_ / "root") {
  options.epoch = base::Epoch(std::chrono::seconds(1'700'000'000));
  std::filesystem::create_directory(root_);
}

void DiskFixture::file(const std::string& path, const std::string& content) const {
  scratch_.write("root" + path, content);
}

disk::WrittenDisk DiskFixture::write(const std::filesystem::path& raw) const {
  const base::Cancellation never;
  imagewright::report::NullReporter reporter;
  const auto table = tree::with_late_places(
      tree::scan(model::SealedRoot{.path = root_}, options, never), late_files, placeholders);
  return disk::write_disk({.layout = layout, .tree = table, .epoch = options.epoch}, raw, reporter,
                          never);
}

std::filesystem::path DiskFixture::extract(const std::filesystem::path& raw,
                                           const std::string& id) const {
  const auto source = imagewright::fs::open_for_reading(raw);
  for (const auto& partition : layout.partitions) {
    if (partition.id != id) continue;
    const auto target = path(id + ".partition");
    std::ofstream(target).close();
    std::filesystem::resize_file(target, partition.size.bytes());
    std::fstream out(target, std::ios::in | std::ios::out | std::ios::binary);
    std::vector<std::byte> buffer(1U << 20U);
    for (std::uint64_t offset = 0; offset < partition.size.bytes(); offset += buffer.size()) {
      imagewright::fs::read_exactly(source.get(), buffer, partition.start.bytes() + offset, "raw");
      out.write(reinterpret_cast<const char*>(buffer.data()),
                static_cast<std::streamsize>(buffer.size()));
    }
    return target;
  }
  FAIL("no partition " << id);
  return {};
}

std::string DiskFixture::debugfs(const std::filesystem::path& filesystem,
                                 const std::string& command) {
  return run_tool({"debugfs", "-R", command, filesystem.string()}).output;
}

model::DiskLayout node_layout() {
  const auto uuid = [](std::string_view name) { return base::Uuid::from_name("test", name); };
  model::DiskLayout layout;
  layout.uuid = uuid("disk");
  layout.size = base::ByteSize::mib(262);
  layout.partitions.push_back({.id = "esp",
                               .label = "EFI",
                               .type = *base::Uuid::parse("c12a7328-f81f-11d2-ba4b-00a0c93ec93b"),
                               .uuid = uuid("esp"),
                               .start = base::ByteSize::mib(1),
                               .size = base::ByteSize::mib(64),
                               .filesystem = model::Filesystem{.type = model::FilesystemType::fat32,
                                                               .uuid = uuid("esp filesystem"),
                                                               .label = "ESP",
                                                               .mount_point = "/boot/efi"}});
  layout.partitions.push_back(
      {.id = "root",
       .label = "root filesystem",
       .type = *base::Uuid::parse("4f68bce3-e8cd-4db1-96e7-fbcaf984b709"),
       .uuid = uuid("root"),
       .start = base::ByteSize::mib(65),
       .size = base::ByteSize::mib(192),
       .filesystem = model::Filesystem{
           .type = model::FilesystemType::ext4,
           .uuid = uuid("root filesystem"),
           .label = "rootfs",
           .features = {"sparse_super", "large_file", "filetype", "resize_inode", "dir_index",
                        "ext_attr", "has_journal", "extent", "huge_file", "flex_bg",
                        "metadata_csum", "64bit", "dir_nlink", "extra_isize", "orphan_file"},
           .mount_point = "/"}});
  layout.partitions.push_back({.id = "swap",
                               .label = "swap",
                               .type = *base::Uuid::parse("0657fd6d-a4ab-43c4-84e5-0933c84b4f4f"),
                               .uuid = uuid("swap"),
                               .start = base::ByteSize::mib(257),
                               .size = base::ByteSize::mib(4),
                               .filesystem = model::Filesystem{.type = model::FilesystemType::swap,
                                                               .uuid = uuid("swap area"),
                                                               .label = "swap"}});
  return layout;
}

} // namespace imagewright_test
