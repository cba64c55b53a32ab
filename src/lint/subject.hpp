// SPDX-License-Identifier: MIT
#pragma once

// A file that rules are held against, opened as far as it can be.

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <imagewright/archive/decompress.hpp>
#include <imagewright/base/cancellation.hpp>
#include <imagewright/disk/filesystem_reader.hpp>
#include <imagewright/disk/partition_table.hpp>
#include <imagewright/image/image_file.hpp>
#include <imagewright/image/image_reader.hpp>
#include <imagewright/lint/lint.hpp>

#include "lint/file_set.hpp"

namespace imagewright::lint {

/// What only archives have.
struct ArchiveFacts {
  archive::Compression compression = archive::Compression::none;
  std::vector<std::string> repeated; ///< members of one name
  std::vector<std::string> outside;  ///< members that would leave the root
  std::vector<std::string> named;    ///< members with names of owners other than root
};

struct Subject {
  std::filesystem::path path;                  ///< its name
  const image::HandedImages* handed = nullptr; ///< the file, the first of these
  SubjectKind kind = SubjectKind::wsl;
  std::string architecture; ///< empty: any

  std::string unreadable; ///< why the files could not be read; empty: they were
  FileSet files;
  ArchiveFacts archive;

  std::unique_ptr<image::ImageReader> disk; ///< null: it is no disk image
  std::string not_a_disk;                   ///< why
  std::optional<disk::PartitionTable> partitions;
  std::unique_ptr<disk::FilesystemReader> volume; ///< a filesystem that fills the disk
};

/// Reads the archive into the subject; what is wrong with it is noted there.
void read_archive(Subject& subject, const base::Cancellation& cancellation);

/// Opens the disk and, where it is one filesystem, reads its files.
void read_disk(Subject& subject, const base::Cancellation& cancellation);

} // namespace imagewright::lint
