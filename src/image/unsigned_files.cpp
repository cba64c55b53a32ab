// SPDX-License-Identifier: MIT
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include <fmt/format.h>

#include <imagewright/base/error.hpp>
#include <imagewright/base/text.hpp>
#include <imagewright/fs/file.hpp>
#include <imagewright/fs/unfinished_file.hpp>
#include <imagewright/image/unsigned_files.hpp>
#include <imagewright/model/partition_type.hpp>

namespace imagewright::image {

namespace {

using model::OutputArtifactItem;

constexpr std::size_t k_buffer_size = std::size_t{1} << 20U;

const model::Partition* find_efi_partition(const model::DiskLayout& layout,
                                           const model::Architecture& architecture) {
  const base::Uuid type = model::partition_type(model::PartitionKind::esp, architecture);
  for (const model::Partition& partition : layout.partitions) {
    const bool is_mounted = partition.filesystem && !partition.filesystem->mount_point.empty();
    if (partition.type == type && is_mounted) return &partition;
  }
  return nullptr;
}

bool is_unified_kernel(std::string_view place) {
  constexpr std::string_view k_directory = "/efi/linux/";
  return place.starts_with(k_directory) && place.ends_with(".efi") &&
         place.find('/', k_directory.size()) == std::string_view::npos;
}

/// Addons of one kernel stand in a directory with its name (systemd-stub(7)).
bool is_addon(std::string_view place) {
  constexpr std::string_view k_directory = "/efi/linux/";
  return place.starts_with(k_directory) && place.ends_with(".addon.efi") &&
         place.find(".efi.extra.d/") != std::string_view::npos;
}

bool is_shim(std::string_view place, const model::Architecture& architecture) {
  return place == "/efi/boot/" + base::to_lower(architecture.removable_media_loader);
}

bool is_boot_loader(std::string_view place, const model::Architecture& architecture) {
  return place == fmt::format("/efi/boot/grub{}.efi", architecture.efi_name) ||
         place == fmt::format("/efi/systemd/systemd-boot{}.efi", architecture.efi_name);
}

/// Whether what stands at a place, in small letters, is asked for.
bool is_wanted(std::string_view place, OutputArtifactItem item,
               const model::Architecture& architecture) {
  switch (item) {
  case OutputArtifactItem::ukis:
    return is_unified_kernel(place) || is_addon(place);
  case OutputArtifactItem::shim:
    return is_shim(place, architecture);
  case OutputArtifactItem::bootloader:
    return is_boot_loader(place, architecture);
  case OutputArtifactItem::verity_hash:
    break;
  }
  return false;
}

std::string word_of(OutputArtifactItem item) {
  switch (item) {
  case OutputArtifactItem::ukis:
    return "ukis";
  case OutputArtifactItem::shim:
    return "shim";
  case OutputArtifactItem::bootloader:
    return "bootloader";
  case OutputArtifactItem::verity_hash:
    break;
  }
  return "verity-hash";
}

/// Below the folder of the item: the file's own name, addons in the directory of their kernel.
std::string name_of(std::string_view place, const std::string& destination,
                    OutputArtifactItem item) {
  const std::size_t slash = destination.rfind('/');
  return word_of(item) +
         destination.substr(is_addon(place) ? destination.rfind('/', slash - 1) : slash);
}

std::vector<UnsignedFile> find_item(OutputArtifactItem item, const tree::RootTree& tree,
                                    const model::Partition& partition,
                                    const model::Architecture& architecture) {
  const std::string& mount_point = partition.filesystem->mount_point;
  std::vector<UnsignedFile> files;
  for (const tree::Entry& entry : tree.entries) {
    if (!entry.path.starts_with(mount_point + "/")) continue;
    if (tree.inodes[entry.inode].type != fs::FileType::regular) continue;
    const std::string destination = entry.path.substr(mount_point.size());
    const std::string place = base::to_lower(destination);
    if (!is_wanted(place, item, architecture)) continue;
    files.push_back({.type = is_addon(place) ? "uki-addons" : word_of(item),
                     .name = name_of(place, destination, item),
                     .path = entry.path,
                     .content = {},
                     .partition = partition.uuid,
                     .destination = destination});
  }
  return files;
}

/// What a signature that is checked at boot is made of: the hash as the kernel is told it, without
/// a line break (systemd-veritysetup(8)).
std::vector<UnsignedFile> find_root_hashes(const UnsignedImage& image) {
  constexpr std::string_view k_mount_point = "/boot";
  const model::Partition* partition = image.layout.find_mount(std::string(k_mount_point));
  std::vector<UnsignedFile> files;
  for (const model::VerityDevice& device : image.layout.verity) {
    const auto path = model::hash_signature_path(device);
    const auto hash = image.root_hashes.find(device.name);
    const bool has_place =
        path && partition != nullptr && path->starts_with(std::string(k_mount_point) + "/");
    if (!has_place || hash == image.root_hashes.end()) continue;
    files.push_back(
        {.type = word_of(OutputArtifactItem::verity_hash),
         .name = word_of(OutputArtifactItem::verity_hash) + path->substr(path->rfind('/')),
         .path = {},
         .content = hash->second,
         .partition = partition->uuid,
         .destination = path->substr(k_mount_point.size())});
  }
  return files;
}

std::vector<UnsignedFile> find_boot_files(const UnsignedImage& image, OutputArtifactItem item) {
  const model::Partition* partition = find_efi_partition(image.layout, image.architecture);
  std::vector<UnsignedFile> found;
  if (partition != nullptr) found = find_item(item, image.tree, *partition, image.architecture);
  if (!found.empty()) return found;
  throw base::Error(base::FailureKind::input, "image.no-boot-file",
                    fmt::format("output.artifacts asks for {}, and the image has {}", word_of(item),
                                partition == nullptr ? "no mounted EFI system partition"
                                                     : "no such file on its EFI system partition"),
                    "leave it out of output.artifacts.items, or install what brings it");
}

} // namespace

std::vector<UnsignedFile> find_unsigned_files(const UnsignedImage& image,
                                              const std::vector<OutputArtifactItem>& items) {
  std::vector<UnsignedFile> files;
  for (const OutputArtifactItem item : items) {
    const std::vector<UnsignedFile> found = item == OutputArtifactItem::verity_hash
                                                ? find_root_hashes(image)
                                                : find_boot_files(image, item);
    files.insert(files.end(), found.begin(), found.end());
  }
  std::ranges::sort(files, {}, &UnsignedFile::name);
  return files;
}

void copy_out(const tree::RootTree& tree, const std::string& path,
              const std::filesystem::path& target) {
  std::filesystem::create_directories(target.parent_path());
  const tree::Inode& inode = *tree.find(path);
  const tree::ContentReader contents(tree);
  const tree::OpenContent content = contents.open_content(inode);
  fs::UnfinishedFile copy(target);
  std::vector<std::byte> buffer(k_buffer_size);
  for (std::uint64_t offset = 0; offset < inode.size; offset += buffer.size()) {
    buffer.resize(std::min<std::uint64_t>(buffer.size(), inode.size - offset));
    content.read(offset, buffer);
    fs::write_exactly(copy.fd(), buffer, offset, target.string());
  }
  copy.keep();
}

void write_unsigned_file(const UnsignedFile& file, const tree::RootTree& tree,
                         const std::filesystem::path& directory) {
  const std::filesystem::path target = directory / file.name;
  if (!file.path.empty()) return copy_out(tree, file.path, target);
  std::filesystem::create_directories(target.parent_path());
  fs::write_file_atomically(target, file.content);
}

std::string inject_files_text(const std::vector<UnsignedFile>& files) {
  std::string text = "injectFiles:\n";
  for (const UnsignedFile& file : files) {
    text += fmt::format("- partition:\n    idType: part-uuid\n    id: {}\n  source: {}\n"
                        "  destination: {}\n  type: {}\n",
                        file.partition.to_string(), base::quoted("./" + file.name),
                        base::quoted(file.destination), file.type);
  }
  return text + "previewFeatures:\n- inject-files\n";
}

} // namespace imagewright::image
