// SPDX-License-Identifier: MIT
#include "seed_volume.hpp"

#include <optional>
#include <string>
#include <utility>

#include <imagewright/base/error.hpp>
#include <imagewright/base/text.hpp>
#include <imagewright/base/uuid.hpp>
#include <imagewright/disk/write_disk.hpp>
#include <imagewright/fs/file.hpp>

namespace imagewright::pipeline {

namespace {

/// Of cloud-init's own files; it takes user-data up to 16 MiB or so.
constexpr base::ByteSize k_largest_file = base::ByteSize::mib(16);
constexpr base::ByteSize k_volume_size = base::ByteSize::mib(64);
/// The first two have to be there, or the volume counts for nothing.
constexpr auto k_user_data = "user-data";
constexpr auto k_meta_data = "meta-data";

void add_file(tree::RootTree& tree, const std::string& name, std::string text) {
  tree::Inode inode{.permissions = 0644};
  inode.size = text.size();
  inode.stored_size = text.size();
  inode.text = std::move(text);
  tree.entries.push_back({"/" + name, tree.inodes.size()});
  tree.inodes.push_back(std::move(inode));
}

[[noreturn]] void refuse(const std::filesystem::path& seed, const std::string& what) {
  throw base::Error(base::FailureKind::input, "boot.no-seed",
                    base::quoted(seed.string()) + " " + what,
                    "give a directory with the file \"user-data\"; \"meta-data\", "
                    "\"vendor-data\" and \"network-config\" are taken as well");
}

/// Names stand in their order, as a tree has them.
tree::RootTree tree_of(const std::filesystem::path& seed) {
  std::error_code ignored;
  if (!std::filesystem::is_directory(seed, ignored)) refuse(seed, "is not a directory");
  auto user_data = fs::find_file(seed / k_user_data, k_largest_file);
  if (!user_data) refuse(seed, "has no user-data for cloud-init");
  tree::RootTree tree{.host_path = seed,
                      .inodes = {{.type = fs::FileType::directory, .permissions = 0755}},
                      .entries = {{"/", 0}}};
  add_file(tree, k_meta_data,
           fs::find_file(seed / k_meta_data, k_largest_file)
               .value_or("instance-id: imagewright-boot\n"));
  if (auto text = fs::find_file(seed / "network-config", k_largest_file))
    add_file(tree, "network-config", std::move(*text));
  add_file(tree, k_user_data, std::move(*user_data));
  if (auto text = fs::find_file(seed / "vendor-data", k_largest_file))
    add_file(tree, "vendor-data", std::move(*text));
  return tree;
}

} // namespace

std::filesystem::path seed_volume(const std::filesystem::path& seed,
                                  const std::filesystem::path& work,
                                  const plan::Services& services) {
  if (seed.empty()) return {};
  const tree::RootTree tree = tree_of(seed);
  const model::Partition volume{
      .id = "seed",
      .label = {},
      .type = {},
      .uuid = {},
      .start = {},
      .size = k_volume_size,
      // The label by which cloud-init finds it.
      .filesystem = model::Filesystem{.type = model::FilesystemType::fat32,
                                      .uuid = base::Uuid::from_name("seed", "volume"),
                                      .label = "CIDATA"}};
  std::filesystem::path file = work / "seed.raw";
  disk::write_volume({.partition = volume, .tree = tree, .epoch = {}}, file, services.reporter,
                     services.cancellation);
  return file;
}

} // namespace imagewright::pipeline
