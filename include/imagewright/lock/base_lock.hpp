// SPDX-License-Identifier: MIT
#pragma once

// The lock of a config that is applied to an image that exists: which image, what of it stays, what
// goes, and what comes.

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include <imagewright/base/digest.hpp>
#include <imagewright/model/lock.hpp>

namespace imagewright::lock {

/// The image of one architecture that the packages of a lock come into.
struct LockedBase {
  base::Digest digest;             ///< of the disk's bytes, whatever the format of the file
  std::string source = {};         ///< in a registry, with its digest; empty: a file
  std::vector<std::string> kept;   ///< full names of packages, sorted
  std::vector<std::string> erased; ///< full names of packages, sorted

  bool operator==(const LockedBase&) const = default;
};

/// What stays of a base. What is not the full name of a package is the name of one without a
/// version.
std::vector<model::Nevra> kept_packages(const LockedBase& base);

/// What a config makes of one base.
struct BaseLock {
  LockedBase base;
  /// What comes.
  model::ArchitectureLock packages;

  bool operator==(const BaseLock&) const = default;
};

/// A lock file of which some architectures start from a base.
struct LockWithBases {
  model::Lock lock;
  std::map<std::string, LockedBase> bases; ///< by architecture

  bool operator==(const LockWithBases&) const = default;
};

/// The text of a lock file, which says "base" where there is one.
std::string to_text_with_bases(const LockWithBases& lock);

/// Reads every lock file. Throws as parse() does.
LockWithBases parse_with_bases(std::string_view text, const std::string& file);

} // namespace imagewright::lock
