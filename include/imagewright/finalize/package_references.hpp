// SPDX-License-Identifier: MIT
#pragma once

// What a config names and packages have to bring, held against the lists of their files before
// anything is fetched.

#include <string>
#include <vector>

#include <imagewright/base/diagnostic.hpp>
#include <imagewright/model/image_config.hpp>

namespace imagewright::finalize {

/// A warning for each unit, shell, keymap, time zone, locale and kernel module that no file of
/// `files` (every path of the chosen packages) is. Scripts and scriptlets make files too, lists of
/// files are not always whole, and a module may be a part of the kernel: only finalizing, which
/// looks into the root, can refuse.
base::Diagnostics check_package_references(const model::ImageConfig& config,
                                           const std::vector<std::string>& files);

} // namespace imagewright::finalize
