// SPDX-License-Identifier: MIT
#pragma once

// Boot files that are signed elsewhere: out of a finished image, with a list (inject-files.yaml) of
// the places that they go back to.

#include <filesystem>
#include <string>
#include <vector>

#include <imagewright/base/uuid.hpp>
#include <imagewright/model/architecture.hpp>
#include <imagewright/model/layout.hpp>
#include <imagewright/model/output_config.hpp>
#include <imagewright/model/verity.hpp>
#include <imagewright/tree/root_tree.hpp>

namespace imagewright::image {

/// One file that is taken out.
struct UnsignedFile {
  std::string type;        ///< "ukis", "uki-addons", "shim", "bootloader", "verity-hash"
  std::string name;        ///< in the directory of such files: "ukis/vmlinuz-6.6.1.efi"
  std::string path;        ///< in the image: "/boot/efi/EFI/Linux/vmlinuz-6.6.1.efi"
  std::string content;     ///< of a file that is in no image; then there is no path
  base::Uuid partition;    ///< of the partition that it goes to, in the partition table
  std::string destination; ///< on that partition: "/EFI/Linux/vmlinuz-6.6.1.efi"

  bool operator==(const UnsignedFile&) const = default;
};

/// A finished image.
struct UnsignedImage {
  const tree::RootTree& tree;
  const model::DiskLayout& layout;
  const model::Architecture& architecture;
  const model::RootHashes& root_hashes;
};

/// Where an image has what the items ask for, sorted by name. Names on the EFI system partition are
/// found whatever their case. Root hashes are of the devices whose options say where a signature
/// lies, be there one or none. Throws base::Error (image.no-boot-file) when there is nothing of
/// another item.
std::vector<UnsignedFile> find_unsigned_files(const UnsignedImage& image,
                                              const std::vector<model::OutputArtifactItem>& items);

/// Copies the file's content out of the tree, into directories that are made for it below
/// `directory`. Throws base::Error (tree.cannot-read, fs.cannot-write).
void write_unsigned_file(const UnsignedFile& file, const tree::RootTree& tree,
                         const std::filesystem::path& directory);

/// The content of a regular file of the tree, as a file of the host; directories on the way are
/// made. Throws base::Error (tree.cannot-read, fs.cannot-write).
void copy_out(const tree::RootTree& tree, const std::string& path,
              const std::filesystem::path& target);

/// The list as YAML. Sources are relative to the directory that it is in.
std::string inject_files_text(const std::vector<UnsignedFile>& files);

} // namespace imagewright::image
