// SPDX-License-Identifier: MIT
#pragma once

// What an update fixes and opens, as a part of a note about it.

#include <map>
#include <string>
#include <vector>

#include <imagewright/advisory/evaluate.hpp>
#include <imagewright/advisory/inventory.hpp>
#include <imagewright/page/note.hpp>

namespace imagewright::advisory {

/// A section that says which feed was asked, how many are fixed, newly open, still open or without
/// a fix, and has a table of each kind.
page::NoteSection note_section(const Delta& delta, const Feed& feed);

/// "fixes CVE-1, CVE-2; opens CVE-3" by the name of each installed package, whose source the
/// findings are about.
std::map<std::string, std::string> remarks_on_packages(const Delta& delta, const Inventory& before,
                                                       const Inventory& after);

} // namespace imagewright::advisory
