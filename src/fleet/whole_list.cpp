// SPDX-License-Identifier: MIT
#include <algorithm>
#include <set>
#include <utility>

#include <fmt/format.h>

#include <imagewright/base/error.hpp>
#include <imagewright/base/text.hpp>
#include <imagewright/fleet/collect.hpp>

namespace imagewright::fleet {

namespace {

[[noreturn]] void throw_unfit(const std::string& why) {
  throw base::Error(base::FailureKind::input, "fleet.damaged-units", why,
                    "give the parts of one fleet, each once");
}

/// Parts that are planned at different times, or by different programs, are no whole.
void require_same_fleet(const UnitList& first, const UnitList& other) {
  if (first.shard.count != other.shard.count) {
    throw_unfit(fmt::format("one of the lists is part of {}, and another one of {}",
                            first.shard.count, other.shard.count));
  }
  if (first.tool_version != other.tool_version || first.release != other.release ||
      first.repositories != other.repositories)
    throw_unfit("the lists were made by another program, or for another release");
}

} // namespace

WholeList joined(std::vector<UnitList> lists) {
  WholeList whole{.list = {}, .missing_parts = {}};
  std::set<std::string> ids;
  std::set<std::uint64_t> parts;
  const std::uint64_t count = lists.at(0).shard.count;
  for (UnitList& list : lists) {
    require_same_fleet(lists.at(0), list);
    parts.insert(list.shard.number);
    for (Unit& unit : list.units) {
      if (!ids.insert(unit.id).second)
        throw_unfit(fmt::format("{} is in two of the lists", base::quoted(unit.id)));
      whole.list.units.push_back(std::move(unit));
    }
  }
  whole.list.tool_version = lists.at(0).tool_version;
  whole.list.release = lists.at(0).release;
  whole.list.repositories = lists.at(0).repositories;
  std::ranges::sort(whole.list.units, {}, &Unit::id);
  // A count that somebody made up would be endless.
  constexpr std::size_t k_most_named = 16;
  for (std::uint64_t number = 1; number <= count && whole.missing_parts.size() < k_most_named;
       ++number) {
    if (!parts.contains(number)) whole.missing_parts.push_back({.number = number, .count = count});
  }
  return whole;
}

} // namespace imagewright::fleet
