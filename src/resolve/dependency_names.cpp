// SPDX-License-Identifier: MIT
#include "dependency_names.hpp"

namespace imagewright::resolve {

namespace {

void collect(Pool* pool, Id dependency, std::vector<Id>& found) {
  if (!is_relation(dependency)) {
    found.push_back(dependency);
    return;
  }
  const Reldep& relation = relation_of(pool, dependency);
  switch (relation.flags) {
  case REL_AND:
  case REL_OR:
  case REL_WITH:
  case REL_ELSE:
    collect(pool, relation.name, found);
    collect(pool, relation.evr, found);
    return;
  case REL_COND:
  case REL_UNLESS: {
    collect(pool, relation.name, found);
    // The condition itself is not wanted, but what stands after "else" is.
    if (!is_relation(relation.evr)) return;
    const Reldep& condition = relation_of(pool, relation.evr);
    if (condition.flags == REL_ELSE) collect(pool, condition.evr, found);
    return;
  }
  case REL_WITHOUT:
    collect(pool, relation.name, found);
    return;
  default:
    found.push_back(dependency);
    return;
  }
}

} // namespace

std::vector<Id> plain_dependencies(Pool* pool, Id dependency) {
  std::vector<Id> found;
  collect(pool, dependency, found);
  return found;
}

} // namespace imagewright::resolve
