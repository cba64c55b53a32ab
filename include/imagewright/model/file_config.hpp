// SPDX-License-Identifier: MIT
#pragma once

// Files and directories that a config puts into the image.

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <variant>

#include <sys/types.h>

#include <imagewright/base/byte_size.hpp>
#include <imagewright/base/digest.hpp>
#include <imagewright/base/source_location.hpp>
#include <imagewright/model/package.hpp>

namespace imagewright::model {

/// Text given in the config itself, or a file on the host.
using FileContent = std::variant<std::string, std::filesystem::path>;

/// A file that is fetched, and what it has to be.
struct RemoteFile {
  std::string url;
  base::Digest digest;
  std::optional<base::ByteSize> size; ///< absent: whatever has the digest

  bool operator==(const RemoteFile&) const = default;
};

/// What a file beside the config has to be, as the config says.
struct WantedDigest {
  base::Digest digest;
  base::SourceLocation where;

  bool operator==(const WantedDigest&) const = default;
};

/// An archive whose members come into the image, and not the archive itself.
struct Unpacking {
  std::uint32_t stripped_components = 0; ///< of each member's path, from its beginning

  bool operator==(const Unpacking&) const = default;
};

struct AdditionalFile {
  std::string destination; ///< of an archive that is unpacked: the directory for its members
  /// Of a remote file: nothing before it has been fetched, then where it stands on the host.
  FileContent content;
  std::optional<mode_t> permissions; ///< absent: of the source file, or 0644 for text
  base::SourceLocation where;
  std::optional<RemoteFile> remote = {};
  std::optional<Unpacking> unpacking = {};
  /// A package of a repository, as its file; the lock says which.
  std::optional<Nevra> stored_package = {};
  base::SourceLocation content_where = {}; ///< of the source, URL or text
  std::optional<WantedDigest> wanted = {}; ///< of a source, when it has to be one file and no other

  bool operator==(const AdditionalFile&) const = default;
};

struct AdditionalDirectory {
  std::filesystem::path source;
  std::string destination;
  mode_t new_directory_permissions = 0755;
  std::optional<mode_t> merged_directory_permissions; ///< absent: as they are
  mode_t child_file_permissions = 0755;
  base::SourceLocation where;
  base::SourceLocation source_where = {};

  bool operator==(const AdditionalDirectory&) const = default;
};

} // namespace imagewright::model
