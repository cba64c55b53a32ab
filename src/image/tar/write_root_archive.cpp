// SPDX-License-Identifier: MIT
#include <string_view>
#include <vector>

#include <fmt/format.h>

#include <imagewright/archive/tar_writer.hpp>
#include <imagewright/image/write_root_archive.hpp>
#include <imagewright/report/stage_scope.hpp>

namespace imagewright::image {

namespace {

/// "." is the directory that the archive is unpacked into.
std::string member_name(std::string_view path) {
  return path == "/" ? std::string(".") : "." + std::string(path);
}

class RootArchiver {
public:
  RootArchiver(const RootArchiveRequest& request, const base::Cancellation& cancellation)
      : request_(request), cancellation_(cancellation), contents_(request.tree),
        first_names_(request.tree.inodes.size()),
        writer_(request.path, {.compression = request.compression,
                               .level = request.level,
                               .thread_count = request.thread_count}) {}

  base::Digest write() {
    for (const tree::Entry& entry : request_.tree.entries) {
      cancellation_.check();
      add(entry);
    }
    return writer_.finish();
  }

  std::uint64_t content_size() const { return content_size_; }

private:
  void add(const tree::Entry& entry) {
    const tree::Inode& inode = request_.tree.inodes[entry.inode];
    if (inode.type == fs::FileType::socket) return;
    archive::TarEntry member = member_of(entry, inode);
    std::string& first_name = first_names_[entry.inode];
    if (!first_name.empty()) {
      member.hard_link = first_name;
      writer_.add(member);
      return;
    }
    first_name = member.path;
    if (inode.type != fs::FileType::regular || inode.size == 0) {
      writer_.add(member);
      return;
    }
    writer_.add_file(member, contents_.open(inode).get());
    content_size_ += inode.size;
  }

  static archive::TarEntry member_of(const tree::Entry& entry, const tree::Inode& inode) {
    archive::TarEntry member{.path = member_name(entry.path),
                             .type = inode.type,
                             .permissions = inode.permissions,
                             .owner = inode.owner,
                             .group = inode.group,
                             .modified = inode.modified,
                             .device_major = inode.device.major,
                             .device_minor = inode.device.minor,
                             .link_target = inode.target,
                             .hard_link = {},
                             .size = inode.size,
                             .attributes = {}};
    for (const tree::ExtendedAttribute& attribute : inode.attributes)
      member.attributes.emplace_back(attribute.name, attribute.value);
    return member;
  }

  const RootArchiveRequest& request_;
  const base::Cancellation& cancellation_;
  tree::ContentReader contents_;
  std::vector<std::string> first_names_; ///< by inode; empty: not written yet
  archive::TarWriter writer_;
  std::uint64_t content_size_ = 0;
};

} // namespace

model::Artifact write_root_archive(const RootArchiveRequest& request, report::Reporter& reporter,
                                   const base::Cancellation& cancellation) {
  const report::StageScope stage(reporter, "image", std::string(model::to_string(request.format)));
  RootArchiver archiver(request, cancellation);
  const base::Digest digest = archiver.write();
  return {.path = request.path,
          .format = request.format,
          .virtual_size = base::ByteSize(archiver.content_size()),
          .file_size = base::ByteSize(std::filesystem::file_size(request.path)),
          .digest = digest};
}

} // namespace imagewright::image
