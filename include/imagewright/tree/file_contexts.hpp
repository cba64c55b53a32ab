// SPDX-License-Identifier: MIT
#pragma once

// Which SELinux policy labels the files of a root.

#include <filesystem>
#include <optional>

#include <imagewright/fs/root_dir.hpp>
#include <imagewright/model/policy.hpp>

namespace imagewright::tree {

/// The file_contexts of the root's own policy, as the image sees it; nothing when files get no
/// labels. Throws base::Error (pipeline.no-selinux-policy) when labels are required and the root
/// has no policy, and (tree.odd-policy-type) when its config names none.
std::optional<std::filesystem::path> find_file_contexts(const fs::RootDir& root,
                                                        model::FileLabels labels);

} // namespace imagewright::tree
