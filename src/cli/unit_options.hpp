// SPDX-License-Identifier: MIT
#pragma once

// `build --units`: which unit of a list a job is for, and the record of how it ended.

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include <imagewright/fleet/unit.hpp>
#include <imagewright/fs/publication.hpp>

#include "command.hpp"

namespace imagewright::cli {

struct UnitWords {
  std::string list;
  std::string id;
  std::int64_t index = -1;

  bool is_given() const { return !list.empty() || !id.empty() || index >= 0; }
};

/// `--units`, `--unit`, `--index`
void add_unit_options(Command& command, UnitWords& words);

/// Throws base::Error (fleet.…).
fleet::UnitList read_units(const std::string& path);

/// The unit of the options, else of what an engine put into the environment. Throws base::Error
/// (cli.usage, fleet.no-such-unit).
const fleet::Unit& chosen_unit(const fleet::UnitList& list, const UnitWords& words,
                               const CommandContext& context);

/// Builds, and leaves a record in the directory: of the beginning, and of the end, whatever it is.
struct UnitPlace {
  const fleet::Unit& unit;
  std::filesystem::path directory;
};
std::vector<fs::PublishedFile>
with_record(const UnitPlace& place, const CommandContext& context,
            const std::function<std::vector<fs::PublishedFile>()>& build);

} // namespace imagewright::cli
