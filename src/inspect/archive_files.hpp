// SPDX-License-Identifier: MIT
#pragma once

// A root in a tar archive as the files of one filesystem, for whoever reads systems.

#include <map>
#include <string>

#include <imagewright/archive/tar_reader.hpp>
#include <imagewright/disk/filesystem_reader.hpp>

namespace imagewright::inspect {

/// Names, types and owners of all members, and the content of those alone that tell what a system
/// is. Everything else has no content here: pieces_of() and read_pieces() are for disks.
class ArchiveFiles final : public disk::FilesystemReader {
public:
  ArchiveFiles();

  /// Adds what is in an archive; `name` is for messages. Throws base::Error (archive.…), with
  /// what was read until then.
  void read_archive(fs::UniqueFd file, const std::string& name,
                    const base::Cancellation& cancellation);
  bool has_members() const { return entries_.size() > 1; }

  disk::FilesystemFacts facts() const override;
  std::optional<disk::StoredFile> find(std::string_view path) const override;
  std::optional<std::vector<std::string>> list(std::string_view path) const override;
  std::optional<std::string> read(std::string_view path, base::ByteSize limit) const override;
  std::vector<disk::StoredPiece> pieces_of(std::string_view path) const override;
  void read_pieces(std::string_view path, const disk::PieceSink& sink) const override;
  std::optional<std::string> link_target(std::string_view path) const override;
  std::vector<tree::ExtendedAttribute> attributes(std::string_view path) const override;

private:
  struct Entry {
    disk::StoredFile stored;
    std::string target;
    std::string content;
  };

  void add(const archive::TarMember& member, const archive::MemberContent& content);
  const Entry* entry_at(std::string_view path) const;

  std::map<std::string, Entry, std::less<>> entries_;
};

} // namespace imagewright::inspect
