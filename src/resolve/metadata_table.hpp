// SPDX-License-Identifier: MIT
#pragma once

// The packages of a repository as a table of plain values. libsolv's own form is for files that
// libsolv wrote here: its reader believes what it reads.

#include <string>
#include <string_view>

#include "libsolv_types.hpp"
#include "metadata_store.hpp"

namespace imagewright::resolve {

/// Of a repository whose attributes stand in one place, as after repo_add_solv.
std::string table_of(Repo* repository, FileLists lists);

/// Adds the packages of a table to an empty repository. Throws base::BugError for what is no table,
/// whoever made it.
void add_table(Repo* repository, std::string_view table);

} // namespace imagewright::resolve
