// SPDX-License-Identifier: MIT
#include "base_lock_differences.hpp"

#include <algorithm>
#include <iterator>
#include <set>
#include <utility>

#include "difference_list.hpp"

namespace imagewright::audit {

namespace {

const lock::LockedBase* find_base(const lock::LockWithBases& lock, const std::string& name) {
  const auto place = lock.bases.find(name);
  return place == lock.bases.end() ? nullptr : &place->second;
}

/// Full names, both sorted.
void compare_names(DifferenceList& list, const std::vector<std::string>& before,
                   const std::vector<std::string>& after) {
  for (const std::string& name : before) {
    if (!std::ranges::binary_search(after, name)) list.only_before(name);
  }
  for (const std::string& name : after) {
    if (!std::ranges::binary_search(before, name)) list.only_after(name);
  }
}

} // namespace

Comparison compare_locks_with_bases(const lock::LockWithBases& left,
                                    const lock::LockWithBases& right) {
  std::set<std::string> names;
  for (const lock::LockWithBases* lock : {&left, &right}) {
    for (const auto& [name, base] : lock->bases)
      names.insert(name);
  }
  Comparison comparison;
  for (const std::string& name : names) {
    const lock::LockedBase* before = find_base(left, name);
    const lock::LockedBase* after = find_base(right, name);
    const lock::LockedBase none;
    DifferenceList list;
    const auto digest_in = [](const lock::LockedBase* base) {
      return base == nullptr ? std::string("none") : base->digest.to_string();
    };
    list.compare("image", "digest", digest_in(before), digest_in(after));
    list.move_to(comparison, "base for " + name);
    const lock::LockedBase& one = before != nullptr ? *before : none;
    const lock::LockedBase& other = after != nullptr ? *after : none;
    compare_names(list, one.kept, other.kept);
    list.move_to(comparison, "packages of the base that stay for " + name);
    compare_names(list, one.erased, other.erased);
    list.move_to(comparison, "packages of the base that go for " + name);
  }
  Comparison packages = compare_locks(left.lock, right.lock);
  std::ranges::move(packages.sections, std::back_inserter(comparison.sections));
  comparison.package_sizes = std::move(packages.package_sizes);
  return comparison;
}

} // namespace imagewright::audit
