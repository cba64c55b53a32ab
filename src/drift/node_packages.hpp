// SPDX-License-Identifier: MIT
#pragma once

// The packages that a node's database lists, and which of them their makers vouch for.

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include <imagewright/inspect/package_header.hpp>
#include <imagewright/model/package.hpp>

#include "node_tree.hpp"
#include "openpgp.hpp"

namespace imagewright::drift {

struct NodePackage {
  model::Nevra nevra;
  /// The header is signed with one of the keys, so that all of this is what its maker wrote.
  bool is_vouched = false;
  std::vector<inspect::PackagedFile> files; ///< of vouched packages that were asked for
};

struct NodePackages {
  std::vector<NodePackage> packages; ///< sorted
  /// Why there are none; empty when the database was read.
  std::string complaint;
};

/// `wants_files` says of which packages the files are needed.
NodePackages read_packages(const NodeTree& tree, const KeyRing& keys,
                           const std::function<bool(const model::Nevra&)>& wants_files);

} // namespace imagewright::drift
