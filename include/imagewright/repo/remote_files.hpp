// SPDX-License-Identifier: MIT
#pragma once

// Files that a config names by their addresses and digests.

#include <filesystem>
#include <vector>

#include <imagewright/base/source_location.hpp>
#include <imagewright/model/file_config.hpp>
#include <imagewright/repo/fetch_options.hpp>
#include <imagewright/repo/repository_set.hpp>

namespace imagewright::repo {

struct RemoteFileRequest {
  model::RemoteFile file;
  base::SourceLocation where; ///< that asks for it
  /// Lines by which its server knows who asks; no other server is told them.
  std::vector<std::string> headers = {};
};

/// Where each of them stands in the cache, in their order, verified. What the cache has is not
/// fetched, also not from this host. Throws base::Error (repo.file-missing, repo.file-checksum,
/// repo.unreachable, repo.offline, repo.portal) at the place that asks.
std::vector<std::filesystem::path> load_remote_files(const std::vector<RemoteFileRequest>& requests,
                                                     const FetchOptions& options,
                                                     const FetchEnvironment& environment);

} // namespace imagewright::repo
