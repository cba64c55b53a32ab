// SPDX-License-Identifier: MIT
#pragma once

// What is known of a repository at one moment: its verified metadata as local files.

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include <imagewright/base/digest.hpp>
#include <imagewright/model/repository.hpp>

namespace imagewright::model {

/// Verified metadata of one repository. The files may be compressed and stay as long as the cache
/// that holds them.
struct RepositorySnapshot {
  Repository repository;
  base::Digest metadata; ///< of repomd.xml
  std::vector<std::string>
      key_fingerprints; ///< of the keys that may sign, sorted; empty when signatures are skipped
  std::filesystem::path primary;
  std::optional<std::filesystem::path> filelists; ///< when fetched already
  bool has_filelists = false;                     ///< can they be fetched at all?

  bool operator==(const RepositorySnapshot&) const = default;
};

} // namespace imagewright::model
