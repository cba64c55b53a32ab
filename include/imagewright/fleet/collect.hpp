// SPDX-License-Identifier: MIT
#pragma once

// What became of a fleet: exactly one result for each unit, or else why not.

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <imagewright/base/cancellation.hpp>
#include <imagewright/base/diagnostic.hpp>
#include <imagewright/fleet/unit.hpp>
#include <imagewright/fleet/unit_record.hpp>
#include <imagewright/json/value.hpp>

namespace imagewright::fleet {

enum class UnitState : std::uint8_t {
  done,
  failed,
  unfinished, ///< begun, and no end is known
  missing,    ///< nobody has begun
  repeated,   ///< more than one result
  stale,      ///< built from something else than this list was planned from
  damaged,    ///< its files are not what its record says
};
std::string_view to_string(UnitState state);

/// What a check says that was kept beside the files of a unit.
struct Verdict {
  std::string file;
  std::string summary; ///< "boot passed", "3 open advisories"
  bool is_good = false;

  bool operator==(const Verdict&) const = default;
};

/// Name and architecture of each package, and its version.
using PackageTable = std::map<std::string, std::string>;

struct UnitOutcome {
  std::string id;
  UnitState state = UnitState::missing;
  std::uint64_t attempts = 0;
  std::string why; ///< for people; empty: all is well
  std::filesystem::path directory;
  std::vector<UnitFile> files; ///< of one that is done
  PackageTable packages;       ///< likewise
  std::vector<Verdict> verdicts;
  /// Since the release before: "+ name.arch evr", "- …", "name.arch: old → new"; absent: there is
  /// none to compare with, or it does not have the unit.
  std::optional<std::vector<std::string>> changes;
};

struct Collection {
  std::string tool_version;
  std::vector<UnitOutcome> units = {}; ///< in the order of their ids
  /// Places of results of units that are not in the list.
  std::vector<std::string> strangers = {};
  /// fleet.…, one for each thing that keeps it from being a release.
  base::Diagnostics problems = {};
  /// Units of the release before that are none of this one, sorted. No problem: somebody may have
  /// meant it, but nobody shall overlook it.
  std::vector<std::string> gone = {};

  bool is_complete() const { return problems.empty(); }
};

/// Units that were planned together, from the lists of all parts that are there.
struct WholeList {
  UnitList list;                    ///< units in the order of their ids
  std::vector<Shard> missing_parts; ///< the first of them
};

/// Several parts of one fleet as a whole. Throws base::Error (fleet.damaged-units) when a unit is
/// in two of them, or they are not of one fleet.
WholeList joined(std::vector<UnitList> lists);

/// Looks for records in the directories and two levels below them, and reads every file again. What
/// cannot be read is a problem of its own.
Collection collect(const WholeList& list, const std::vector<std::filesystem::path>& directories,
                   const base::Cancellation& cancellation);

/// Fills in what changed since a release.json. Throws base::Error (json.…).
void compare_with(Collection& collection, std::string_view release, const std::string& file);

std::string to_text(const Collection& collection);
/// The text of release.json.
json::Value to_json(const Collection& collection);
/// The page of a release.
std::string to_markdown(const Collection& collection);
std::string to_html(const Collection& collection);
/// "digest  ID/NAME" for every file of every unit that is done, as sha256sum reads it.
std::string checksums(const Collection& collection);

struct WatchOptions {
  std::function<void(const UnitRecord& record)> tell;
  /// Absent: whoever waits interrupts.
  std::optional<std::chrono::seconds> patience;
};
enum class WatchEnd : std::uint8_t {
  all_ended,
  nothing_new, ///< for as long as the patience lasts
};

/// Tells of each unit whose state changes, in the order in which that happened, until all have
/// ended. Files are not looked at. Results of an earlier list that lie there are passed over.
/// Throws base::Cancelled.
WatchEnd watch(const UnitList& list, const std::vector<std::filesystem::path>& directories,
               const WatchOptions& options, const base::Cancellation& cancellation);

} // namespace imagewright::fleet
