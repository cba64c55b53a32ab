// SPDX-License-Identifier: MIT
#pragma once

// Home directories.

#include <string>
#include <vector>

#include <imagewright/accounts/database.hpp>
#include <imagewright/root/work_root.hpp>

namespace imagewright::finalize {

/// Makes the user's home directory from /etc/skel, unless it is there.
void make_home(root::WorkRoot& root, const accounts::KnownUser& user);

/// Adds lines to the user's authorized_keys that it does not have.
void add_ssh_keys(root::WorkRoot& root, const accounts::KnownUser& user,
                  const std::vector<std::string>& keys);

} // namespace imagewright::finalize
