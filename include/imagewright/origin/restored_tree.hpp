// SPDX-License-Identifier: MIT
#pragma once

// The root after the work as a table: what nobody touched is what the base has.

#include <imagewright/base/cancellation.hpp>
#include <imagewright/origin/base_image.hpp>
#include <imagewright/origin/extraction.hpp>
#include <imagewright/root/work_root.hpp>
#include <imagewright/tree/root_tree.hpp>

namespace imagewright::origin {

/// Reads the root. A file whose content is still that of a file of the base has that as its distant
/// content, so that `base` has to outlive the tree. A file that was not touched since the
/// extraction gets back everything that it has in the base: times in nanoseconds, attributes,
/// flags, holes. One that was touched keeps its attributes, but those that vouch for a content that
/// is gone. Directories keep their time as long as their names stay the same. No time of something
/// new is later than the root's epoch.
tree::RootTree restore(const BaseImage& base, const Extraction& extraction,
                       const root::WorkRoot& root, const base::Cancellation& cancellation);

} // namespace imagewright::origin
