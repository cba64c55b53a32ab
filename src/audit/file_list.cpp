// SPDX-License-Identifier: MIT
#include <cstddef>
#include <span>
#include <vector>

#include <fmt/format.h>

#include <imagewright/audit/file_list.hpp>
#include <imagewright/base/digest.hpp>
#include <imagewright/base/parallel_for.hpp>
#include <imagewright/base/text.hpp>
#include <imagewright/inspect/file_record.hpp>
#include <imagewright/tree/digest.hpp>

namespace imagewright::audit {

namespace {

std::string digest_of_content(const tree::ContentReader& contents, const tree::Inode& inode,
                              const FindDigest& find_digest) {
  if (const auto distant = contents.distant_digest(inode)) return distant->to_string();
  const tree::OpenContent content = contents.open_content(inode);
  struct stat status {};
  // A file with late places is opened as a copy.
  const bool is_on_host = content.file() >= 0 && inode.late_places.empty();
  if (find_digest && is_on_host && ::fstat(content.file(), &status) == 0) {
    if (const auto known = find_digest(status)) return known->to_string();
  }
  return tree::digest_of_content(
             inode.size,
             [&](std::uint64_t offset, std::span<std::byte> piece) { content.read(offset, piece); })
      .to_string();
}

std::string describe(const tree::ContentReader& contents, const tree::Inode& inode,
                     const FindDigest& find_digest) {
  std::string text = fmt::format("{} {:04o} {}:{}", inspect::type_word(inode.type),
                                 inode.permissions, inode.owner, inode.group);
  if (inode.type == fs::FileType::regular) {
    text += fmt::format(" {} {}", inode.size, digest_of_content(contents, inode, find_digest));
  } else if (inode.type == fs::FileType::symlink) {
    text += " " + base::quoted(inode.target);
  } else if (inode.type == fs::FileType::character_device ||
             inode.type == fs::FileType::block_device) {
    text += fmt::format(" {},{}", inode.device.major, inode.device.minor);
  }
  for (const tree::ExtendedAttribute& attribute : inode.attributes)
    text += fmt::format(" {}={}", attribute.name, inspect::attribute_text(attribute));
  return text;
}

} // namespace

std::map<std::string, std::string> list_files(const tree::RootTree& tree, unsigned thread_count,
                                              const base::Cancellation& cancellation,
                                              const FindDigest& find_digest) {
  const tree::ContentReader contents(tree);
  std::vector<std::string> descriptions(tree.inodes.size());
  base::parallel_for(descriptions.size(), thread_count, cancellation, [&](std::size_t index) {
    descriptions[index] = describe(contents, tree.inodes[index], find_digest);
  });
  const std::map<std::string, std::string> owners = file_owners(tree);
  std::map<std::string, std::string> files;
  for (const tree::Entry& entry : tree.entries) {
    const auto owner = owners.find(entry.path);
    files[entry.path] = descriptions[entry.inode] +
                        (owner == owners.end() ? std::string() : " package=" + owner->second);
  }
  return files;
}

} // namespace imagewright::audit
