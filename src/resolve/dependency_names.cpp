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

bool is_rich(Id flags) {
  return flags == REL_AND || flags == REL_OR || flags == REL_WITH || flags == REL_WITHOUT ||
         flags == REL_COND || flags == REL_UNLESS || flags == REL_ELSE;
}

void collect_mentioned(Pool* pool, Id dependency, std::vector<Id>& found) {
  if (!is_relation(dependency) || !is_rich(relation_of(pool, dependency).flags)) {
    found.push_back(dependency);
    return;
  }
  const Reldep& relation = relation_of(pool, dependency);
  collect_mentioned(pool, relation.name, found);
  collect_mentioned(pool, relation.evr, found);
}

} // namespace

std::vector<Id> mentioned_dependencies(Pool* pool, Id dependency) {
  std::vector<Id> found;
  collect_mentioned(pool, dependency, found);
  return found;
}

std::vector<Id> plain_dependencies(Pool* pool, Id dependency) {
  std::vector<Id> found;
  collect(pool, dependency, found);
  return found;
}

} // namespace imagewright::resolve
