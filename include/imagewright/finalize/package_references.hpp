// SPDX-License-Identifier: MIT
#pragma once

// What a config names and packages have to bring, held against the lists of their files before
// anything is fetched.

#include <string>
#include <vector>

#include <imagewright/base/diagnostic.hpp>
#include <imagewright/model/image_config.hpp>

namespace imagewright::finalize {

/// Something that a config names and that no package brings.
struct MissingReference {
  base::Diagnostic warning;
  /// Paths of which a package should have one; empty where that cannot be told.
  std::vector<std::string> paths;
};

/// A warning for each unit, shell, keymap, time zone, locale and kernel module that no file of
/// `files` (every path of the chosen packages) is. Scripts and scriptlets make files too, lists of
/// files are not always whole, and a module may be a part of the kernel: only finalizing, which
/// looks into the root, can refuse.
std::vector<MissingReference> find_missing_references(const model::ImageConfig& config,
                                                      const std::vector<std::string>& files);

} // namespace imagewright::finalize
