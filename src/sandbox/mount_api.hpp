// SPDX-License-Identifier: MIT
#pragma once

// Mounts as descriptors: they are made apart from every tree and attached when they are complete.

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include <imagewright/fs/unique_fd.hpp>

namespace imagewright::sandbox {

/// Bits of MOUNT_ATTR_….
using MountAttributes = std::uint64_t;

/// A new filesystem. Throws base::Error (sandbox.cannot-enter).
fs::UniqueFd make_mount(const std::string& type,
                        const std::vector<std::pair<std::string, std::string>>& parameters,
                        MountAttributes attributes);

/// A second view of what is at the path, without the mounts below it.
fs::UniqueFd clone_mount(const std::string& path);

/// The same with the mounts below it.
fs::UniqueFd clone_mounts(const std::string& path);

void set_attributes(const fs::UniqueFd& mount, MountAttributes attributes);

/// Attaches it; links in `target` are followed.
void attach(const fs::UniqueFd& mount, const std::string& target);

/// Nothing that is mounted from now on is seen outside of this mount namespace, nor the other way.
/// `whose` is for people: which of the processes of a sandbox it was that could not.
void make_mounts_private(const std::string& whose);

/// Makes the directory of an attached mount the root of the namespace and takes the old one off:
/// pivot_root(2) with "." twice puts it on top. False, with errno, where that is refused.
bool change_root_to(const fs::UniqueFd& root);

/// Throws base::Error (sandbox.cannot-enter) with errno's text.
[[noreturn]] void throw_cannot_enter(const std::string& what, const std::string& subject);

} // namespace imagewright::sandbox
