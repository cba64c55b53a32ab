// SPDX-License-Identifier: MIT
#pragma once

// SELinux labels as data: no label is ever stored on the host, and the host need not know SELinux.

#include <filesystem>
#include <span>

#include <imagewright/base/cancellation.hpp>
#include <imagewright/fs/root_dir.hpp>
#include <imagewright/sandbox/worker.hpp>
#include <imagewright/tree/root_tree.hpp>

namespace imagewright::tree {

/// The tree with a security.selinux attribute on every inode for which the policy has one.
/// `file_contexts` is the policy's text file in `root`, the tree's directory, as the image sees it
/// ("/etc/selinux/targeted/contexts/files/file_contexts"); its local, home directory and
/// substitution companions count too, its compiled form never does. An inode with several names
/// gets the label of its first name. The texts are read by a worker. Throws base::Error
/// (tree.no-file-contexts, tree.cannot-label, sandbox.worker-…).
RootTree label(RootTree tree, const fs::RootDir& root, const std::filesystem::path& file_contexts,
               const base::Cancellation& cancellation);

/// What label's workers do.
std::span<const sandbox::WorkerJob> worker_jobs();

} // namespace imagewright::tree
