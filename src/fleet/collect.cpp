// SPDX-License-Identifier: MIT
#include <algorithm>
#include <array>
#include <iterator>
#include <map>
#include <set>

#include <fmt/format.h>

#include <imagewright/base/error.hpp>
#include <imagewright/base/text.hpp>
#include <imagewright/fleet/collect.hpp>

#include "found_records.hpp"
#include "unit_check.hpp"

namespace imagewright::fleet {

namespace {

using Records = std::vector<const FoundRecord*>;

/// By the unit that they are of.
std::map<std::string, Records> by_unit(const FoundRecords& found) {
  std::map<std::string, Records> records;
  for (const FoundRecord& record : found.records)
    records[record.record.id].push_back(&record);
  return records;
}

std::string places_of(const Records& records) {
  std::vector<std::string> places;
  for (const FoundRecord* record : records)
    places.push_back(base::quoted(record->directory.string()));
  return base::join(places, ", ");
}

/// The one that counts among records of tries in directories of their own: the one that is done,
/// else the last. Null: more than one is done.
const FoundRecord* choose(const Records& records) {
  const FoundRecord* chosen = nullptr;
  std::size_t done = 0;
  for (const FoundRecord* record : records) {
    const bool is_done = record->record.state == RecordState::done;
    if (is_done) ++done;
    const bool is_better =
        chosen == nullptr || is_done ||
        (chosen->record.state != RecordState::done && chosen->written < record->written);
    if (is_better) chosen = record;
  }
  return done > 1 ? nullptr : chosen;
}

std::string failure_of(const UnitRecord& record) {
  const std::string code = record.code.empty() ? std::string() : " [" + record.code + "]";
  return fmt::format("exit code {}: {}{}", record.exit_code, record.message, code);
}

/// Of what was planned: the others are of an earlier list perhaps, or of another checkout.
Records fitting(const Records& records, const Unit& unit) {
  const base::Digest inputs = digest_of(unit.inputs);
  Records fits;
  std::ranges::copy_if(records, std::back_inserter(fits),
                       [&](const FoundRecord* record) { return record->record.inputs == inputs; });
  return fits;
}

UnitOutcome outcome_of(const Unit& unit, const Records& all,
                       const base::Cancellation& cancellation) {
  UnitOutcome outcome;
  outcome.id = unit.id;
  if (all.empty()) {
    outcome.why = "no result was found";
    return outcome;
  }
  const Records records = fitting(all, unit);
  if (records.empty()) {
    outcome.state = UnitState::stale;
    outcome.why =
        "what is in " + places_of(all) + " was built from something else than was planned";
    return outcome;
  }
  for (const FoundRecord* record : records)
    outcome.attempts += record->record.attempt;
  const FoundRecord* chosen = choose(records);
  if (chosen == nullptr) {
    outcome.state = UnitState::repeated;
    outcome.why = "there are results in " + places_of(records);
    return outcome;
  }
  outcome.directory = chosen->directory;
  const UnitRecord& record = chosen->record;
  if (record.state == RecordState::failed) {
    outcome.state = UnitState::failed;
    outcome.why = failure_of(record);
  } else if (record.state == RecordState::started) {
    outcome.state = UnitState::unfinished;
    outcome.why = fmt::format("try number {} has not ended", record.attempt);
  } else {
    outcome.state = UnitState::done;
    check_files(outcome, unit, *chosen, cancellation);
  }
  return outcome;
}

struct StateRow {
  UnitState state;
  std::string_view word;
  std::string_view code; ///< empty: nothing is wrong
  std::string_view hint;
};

constexpr std::array k_states{
    StateRow{UnitState::done, "done", "", ""},
    StateRow{UnitState::failed, "failed", "fleet.unit-failed",
             "mend the cause, and build it again"},
    StateRow{UnitState::unfinished, "unfinished", "fleet.unit-unfinished",
             "wait for its job, or start it again if its machine is gone"},
    StateRow{UnitState::missing, "missing", "fleet.unit-missing",
             "build it, or name the directory where its result is"},
    StateRow{UnitState::repeated, "repeated", "fleet.unit-repeated",
             "name only the directory with the result that counts"},
    StateRow{UnitState::stale, "stale", "fleet.unit-stale", "build it again from this list"},
    StateRow{UnitState::damaged, "damaged", "fleet.unit-damaged",
             "fetch its files again, or build it again"},
};

const StateRow& row_of(UnitState state) {
  return *std::ranges::find(k_states, state, &StateRow::state);
}

void add_problem(base::Diagnostics& problems, std::string code, std::string message,
                 std::string hint) {
  problems.add({.code = std::move(code), .message = std::move(message), .hint = std::move(hint)});
}

void add_problems(Collection& collection, const FoundRecords& found) {
  for (const UnitOutcome& unit : collection.units) {
    const StateRow& row = row_of(unit.state);
    if (!row.code.empty()) {
      add_problem(collection.problems, std::string(row.code),
                  fmt::format("{} is {}: {}", unit.id, row.word, unit.why), std::string(row.hint));
    }
    for (const Verdict& verdict : unit.verdicts) {
      if (verdict.is_good) continue;
      add_problem(
          collection.problems, "fleet.check-failed",
          fmt::format("{}: {} says: {}", unit.id, base::quoted(verdict.file), verdict.summary),
          "mend what was found, and check again");
    }
  }
  for (const std::string& stranger : collection.strangers) {
    add_problem(collection.problems, "fleet.unknown-result",
                fmt::format("{} is of no unit of the list", stranger),
                "give the list that it was built from, or take it away");
  }
  for (const std::string& damaged : found.damaged)
    add_problem(collection.problems, "fleet.damaged-record", damaged,
                "build the unit again, or let it be read");
}

} // namespace

std::string_view to_string(UnitState state) {
  return row_of(state).word;
}

Collection collect(const WholeList& whole, const std::vector<std::filesystem::path>& directories,
                   const base::Cancellation& cancellation) {
  const FoundRecords found = find_records(directories);
  const std::map<std::string, Records> records = by_unit(found);
  Collection collection{.tool_version = whole.list.tool_version};
  std::set<std::string> known;
  for (const Unit& unit : whole.list.units) {
    known.insert(unit.id);
    const auto of_unit = records.find(unit.id);
    collection.units.push_back(
        outcome_of(unit, of_unit == records.end() ? Records{} : of_unit->second, cancellation));
  }
  std::ranges::sort(collection.units, {}, &UnitOutcome::id);
  for (const FoundRecord& record : found.records) {
    if (!known.contains(record.record.id)) {
      collection.strangers.push_back(
          fmt::format("{} in {}", record.record.id, base::quoted(record.directory.string())));
    }
  }
  for (const Shard& part : whole.missing_parts) {
    add_problem(
        collection.problems, "fleet.part-missing",
        fmt::format("part {} of {} of the fleet is not among the lists", part.number, part.count),
        "give the list of every part with --units");
  }
  add_problems(collection, found);
  return collection;
}

} // namespace imagewright::fleet
