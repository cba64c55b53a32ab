// SPDX-License-Identifier: MIT
#pragma once

// The servers that a source stands for, and what its metalink vouches for.

#include <cstddef>
#include <filesystem>
#include <string>
#include <vector>

#include <imagewright/base/cancellation.hpp>
#include <imagewright/base/digest.hpp>

#include "source.hpp"

namespace imagewright::repo {

/// Every digest that is announced for one version of repomd.xml. All of them have to hold.
using AnnouncedDigests = std::vector<base::Digest>;

struct MirrorList {
  std::vector<std::string> bases; ///< URLs without a slash at their end, the preferred first
  /// Of the versions of repomd.xml that are right; empty: nobody says.
  std::vector<AnnouncedDigests> repomd;
  /// Digests were announced, but none that cannot be forged.
  bool has_only_weak_digests = false;
};

/// Whatever its address is called, what begins with "<" is a metalink; everything else has one URL
/// a line, and lines that are empty or begin with "#" are nothing. A worker reads it; where it
/// leads is checked here: to no other protocol than the list's own. Empty when it cannot be read.
/// Throws base::Error (sandbox.worker-…).
MirrorList read_mirrors(const std::filesystem::path& file, const Source& source,
                        const base::Cancellation& cancellation);

/// Is the file one of the versions that are right? Everything is when nobody says.
bool is_announced(const MirrorList& mirrors, const std::filesystem::path& file);

} // namespace imagewright::repo
