// SPDX-License-Identifier: MIT
#pragma once

// What is signed: a key, and the files that stand under it.

#include <string>
#include <string_view>
#include <vector>

#include <imagewright/depot/depot.hpp>

namespace imagewright::depot {

/// The type of the text, which is signed with it: a signature of anything else is none of an entry.
inline constexpr auto k_entry_type = "application/vnd.imagewright.cache-entry+json";

std::string entry_text(const base::Digest& key, const std::vector<DepotFile>& files);

/// The files. Throws base::Error (json.…) with what is wrong: not of this key, not of this form.
std::vector<DepotFile> files_of_entry(std::string_view text, const base::Digest& key);

} // namespace imagewright::depot
