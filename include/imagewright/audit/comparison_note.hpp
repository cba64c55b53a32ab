// SPDX-License-Identifier: MIT
#pragma once

// A comparison for people who review or release: tables of what counts, and how much of the rest.

#include <map>
#include <string>
#include <vector>

#include <imagewright/audit/comparison.hpp>
#include <imagewright/page/note.hpp>

namespace imagewright::audit {

/// What somebody else has to say of packages, by name: which advisories a new version fixes.
using PackageRemarks = std::map<std::string, std::string>;

/// In the order of the comparison. Long lists of files are told by directory, and cut.
std::vector<page::NoteSection> note_sections(const Comparison& comparison,
                                             const PackageRemarks& remarks = {});

} // namespace imagewright::audit
