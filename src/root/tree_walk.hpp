// SPDX-License-Identifier: MIT
#pragma once

// Every name below a directory, however deep it is.

#include <functional>
#include <string>

#include <imagewright/fs/directory_cursor.hpp>
#include <imagewright/fs/root_dir.hpp>

namespace imagewright::root {

/// Where a walk stands.
struct WalkedEntry {
  int directory = -1;              ///< that holds the name
  const fs::DirectoryEntry& entry; ///< with its type
  const std::string& path;         ///< real, as the image sees it
};

/// Calls `visit` for every name, directories before what is in them; other filesystems are not
/// entered. Throws base::Error (root.cannot-examine).
void walk(const fs::RootDir& files, const std::function<void(const WalkedEntry&)>& visit);

} // namespace imagewright::root
