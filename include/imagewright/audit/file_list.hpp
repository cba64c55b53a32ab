// SPDX-License-Identifier: MIT
#pragma once

// Every file of an image in one line each, for manifests and comparisons.

#include <functional>
#include <map>
#include <optional>
#include <string>

#include <sys/stat.h>

#include <imagewright/base/cancellation.hpp>
#include <imagewright/base/digest.hpp>
#include <imagewright/tree/root_tree.hpp>

namespace imagewright::audit {

/// Which package each file comes from, by the path that it really has: as the tree's own package
/// database says. Empty when there is none that can be read.
std::map<std::string, std::string> file_owners(const tree::RootTree& tree);

/// The digest of a file's content that is known already, or nothing.
using FindDigest = std::function<std::optional<base::Digest>(const struct stat& status)>;

/// One line per path, as Manifest::files has it. Reads the content of every regular file once,
/// unless its digest is known, on `thread_count` threads.
std::map<std::string, std::string> list_files(const tree::RootTree& tree, unsigned thread_count,
                                              const base::Cancellation& cancellation,
                                              const FindDigest& find_digest = {});

} // namespace imagewright::audit
