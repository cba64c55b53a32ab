// SPDX-License-Identifier: MIT
#pragma once

// Records of units, wherever engines put them.

#include <filesystem>
#include <string>
#include <vector>

#include <imagewright/fleet/unit_record.hpp>

namespace imagewright::fleet {

struct FoundRecord {
  std::filesystem::path directory;
  std::filesystem::file_time_type written;
  UnitRecord record;
};

struct FoundRecords {
  std::vector<FoundRecord> records; ///< by directory
  std::vector<std::string> damaged; ///< what is wrong with each other place, and which it is
};

/// In the directories and two levels below them; each place once. A directory that cannot be read
/// is one of the damaged.
FoundRecords find_records(const std::vector<std::filesystem::path>& directories);

} // namespace imagewright::fleet
