// SPDX-License-Identifier: MIT
#pragma once

// Disk images that a registry of containers keeps (OCI distribution specification 1.1).

#include <filesystem>
#include <optional>
#include <string>

#include <imagewright/base/source_location.hpp>
#include <imagewright/repo/fetch_options.hpp>
#include <imagewright/repo/repository_set.hpp>

namespace imagewright::repo {

struct RegistryPlatform {
  std::string os;           ///< "linux"
  std::string architecture; ///< "amd64"

  bool operator==(const RegistryPlatform&) const = default;
};

struct RegistryImageRequest {
  /// "registry.example/os/node:3.0", or with "@sha256:…" behind.
  std::string reference;
  /// Of an index.
  RegistryPlatform platform;
  /// Somebody asked for the platform: what is no index is none of it.
  bool has_platform = false;
  base::SourceLocation where;
};

struct RegistryImage {
  std::filesystem::path file; ///< in the cache, verified
  std::string reference;      ///< as asked for, with the digest that it has now
};

/// Gets the one disk image (a file whose name ends in .vhdx, .vhd, .qcow2, .img or .raw) of what
/// the reference stands for. What the cache has is not fetched; without the network a tag cannot be
/// looked up, a digest can. A registry that wants a token of whoever comes is asked for one.
/// Throws base::Error (repo.registry-image, repo.registry-login, repo.file-missing,
/// repo.file-checksum, repo.unreachable, repo.offline, sandbox.worker-…) at the place that asks.
RegistryImage load_registry_image(const RegistryImageRequest& request, const FetchOptions& options,
                                  const FetchEnvironment& environment);

} // namespace imagewright::repo
