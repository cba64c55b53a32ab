// SPDX-License-Identifier: MIT
#pragma once

// Questions that several rules ask of one file.

#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

#include <sys/types.h>

#include "lint/rules.hpp"

namespace imagewright::lint {

struct ExpectedFile {
  std::string path;
  std::vector<mode_t> permissions;
  bool is_group_free = false; ///< any group may have it
};

/// The file is there, regular, root's, and has one of the modes.
Findings check_file(const FileSet& files, const ExpectedFile& expected);

/// Is the path below one of the directories?
bool is_under(std::string_view path, std::initializer_list<std::string_view> directories);

/// The architecture that the program is for; empty: none that images are composed for.
std::string machine_of(const FileSet& files, std::string_view path);

} // namespace imagewright::lint
