// SPDX-License-Identifier: MIT
#include "disks.hpp"

#include <utility>

#include <imagewright/base/uuid.hpp>
#include <imagewright/disk/fit.hpp>
#include <imagewright/disk/write_disk.hpp>
#include <imagewright/fs/file.hpp>
#include <imagewright/model/layout.hpp>
#include <imagewright/report/reporter.hpp>

namespace imagewright::machine {

namespace {

constexpr base::ByteSize k_alignment = base::ByteSize::mib(1);
constexpr const char* k_seed = "imagewright machine";
/// Linux filesystem data, of the GPT.
constexpr const char* k_partition_type = "partition type";

/// No journal: a machine that ends too early is not asked for what it had.
model::Filesystem filesystem(const std::string& name) {
  return {.type = model::FilesystemType::ext4,
          .uuid = base::Uuid::from_name(k_seed, name),
          .label = {},
          .features = {"sparse_super", "large_file", "filetype", "dir_index", "ext_attr", "extent",
                       "huge_file", "flex_bg", "64bit", "dir_nlink", "extra_isize",
                       "metadata_csum"},
          .mount_point = "/"};
}

model::DiskLayout layout_of(const std::string& name, base::ByteSize size) {
  model::DiskLayout layout;
  layout.uuid = base::Uuid::from_name(k_seed, name + " disk");
  layout.size = size + k_alignment + k_alignment;
  layout.partitions.push_back({.id = name,
                               .label = name,
                               .type = base::Uuid::from_name(k_seed, k_partition_type),
                               .uuid = base::Uuid::from_name(k_seed, name + " partition"),
                               .start = k_alignment,
                               .size = size,
                               .filesystem = filesystem(name)});
  return layout;
}

void write(const tree::RootTree& tree, const model::DiskLayout& layout,
           const std::filesystem::path& disk, const base::Cancellation& cancellation) {
  report::NullReporter silent;
  disk::write_disk({.layout = layout, .tree = tree, .epoch = {}}, disk, silent, cancellation);
}

} // namespace

void write_input_disk(const tree::RootTree& tree, const std::filesystem::path& disk,
                      const base::Cancellation& cancellation) {
  const std::string name = "inputs";
  const base::ByteSize needed = disk::smallest_last_partition(
      {.layout = layout_of(name, base::ByteSize::gib(1)), .tree = tree, .epoch = {}});
  write(tree, layout_of(name, needed.rounded_up_to(k_alignment)), disk, cancellation);
}

void write_work_disk(base::ByteSize size, const std::filesystem::path& disk,
                     const base::Cancellation& cancellation) {
  tree::RootTree empty{.host_path = "/", .inodes = {}, .entries = {}};
  tree::Inode root;
  root.type = fs::FileType::directory;
  root.permissions = 0700;
  empty.entries.push_back({"/", 0});
  empty.inodes.push_back(std::move(root));
  write(empty, layout_of("work", size), disk, cancellation);
}

FileSource::FileSource(const std::filesystem::path& path)
    : name_(path.string()), file_(fs::open_for_reading(path)),
      size_(std::filesystem::file_size(path)) {}

void FileSource::read(std::uint64_t offset, std::span<std::byte> buffer) const {
  fs::read_exactly(file_.get(), buffer, offset, name_);
}

} // namespace imagewright::machine
