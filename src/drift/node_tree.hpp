// SPDX-License-Identifier: MIT
#pragma once

// The files of a node, by the paths of its image. No link in any part of a path is followed.

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include <imagewright/audit/manifest_file_line.hpp>
#include <imagewright/base/byte_size.hpp>
#include <imagewright/fs/unique_fd.hpp>

namespace imagewright::drift {

enum class Presence : std::uint8_t { present, absent, unreadable };

/// What stands at a path, in the words of a manifest's list of files.
struct NodeFile {
  Presence presence = Presence::absent;
  audit::Aspects aspects;
  std::string complaint; ///< why it cannot be read
};

struct NodeEntry {
  std::string name;
  bool is_directory = false;
};

/// A node's root directory. Usable by several threads.
class NodeTree {
public:
  /// Throws base::Error (drift.no-root).
  explicit NodeTree(const std::filesystem::path& root);

  /// Everything that a manifest's line says, content too.
  NodeFile look(const std::string& path) const;
  /// A text file, also of /proc; nothing when there is none that can be read.
  std::optional<std::string> read(const std::string& path,
                                  base::ByteSize limit = base::ByteSize::mib(16)) const;
  std::optional<std::string> link_target(const std::string& path) const;
  bool is_directory(const std::string& path) const;
  /// Nothing when the directory cannot be listed; `complaint` of look() says why.
  std::optional<std::vector<NodeEntry>> list(const std::string& path) const;

private:
  fs::UniqueFd open(const std::string& path, int flags) const;

  fs::UniqueFd root_;
};

} // namespace imagewright::drift
