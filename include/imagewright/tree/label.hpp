// SPDX-License-Identifier: MIT
#pragma once

// SELinux labels as data: no label is ever stored on the host, and the host need not know SELinux.

#include <filesystem>

#include <imagewright/tree/root_tree.hpp>

namespace imagewright::tree {

/// The tree with a security.selinux attribute on every inode for which the policy has one.
/// `file_contexts` is the policy's text file as the image sees it
/// ("/etc/selinux/targeted/contexts/files/file_contexts"); its local and home directory companions
/// count too. An inode with several names gets the label of its first name. Throws base::Error
/// (tree.no-file-contexts, tree.cannot-label).
RootTree label(RootTree tree, const std::filesystem::path& file_contexts);

} // namespace imagewright::tree
