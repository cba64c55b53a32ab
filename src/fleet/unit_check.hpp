// SPDX-License-Identifier: MIT
#pragma once

// Whether the files of a unit are what its record says, and what checks said of them.

#include <imagewright/base/cancellation.hpp>
#include <imagewright/fleet/collect.hpp>

#include "found_records.hpp"

namespace imagewright::fleet {

/// Reads every file. Fills in files, packages and verdicts, or says why the unit is damaged.
void check_files(UnitOutcome& outcome, const Unit& unit, const FoundRecord& found,
                 const base::Cancellation& cancellation);

} // namespace imagewright::fleet
