// SPDX-License-Identifier: MIT
#include "reachable_files.hpp"

#include <cstddef>

#include "dependency_names.hpp"

namespace imagewright::resolve {

namespace {

bool is_unanswered_file(const PackagePool& pool, Id dependency) {
  if (is_relation(dependency)) return false;
  const std::string_view text = pool_id2str(pool.get(), dependency);
  return text.starts_with('/') && !is_in_primary(text) && pool.providers_of(dependency).empty();
}

std::vector<Id> kinds_that_matter(const ResolveRequest& request) {
  if (request.weak_dependencies == WeakDependencies::ignored) return {SOLVABLE_REQUIRES};
  return {SOLVABLE_REQUIRES, SOLVABLE_RECOMMENDS};
}

} // namespace

bool is_in_primary(std::string_view path) {
  return path.starts_with("/etc/") || path.find("bin/") != std::string_view::npos ||
         path == "/usr/lib/sendmail";
}

bool needs_file_lists(const PackagePool& pool, const std::vector<Id>& start) {
  const std::vector<Id> kinds = kinds_that_matter(pool.request());
  std::vector<bool> is_seen(static_cast<std::size_t>(pool.get()->nsolvables), false);
  std::vector<Id> pending;
  const auto visit = [&](Id package) {
    const auto index = static_cast<std::size_t>(package);
    if (is_seen[index]) return;
    is_seen[index] = true;
    pending.push_back(package);
  };
  for (const Id package : start)
    visit(package);
  while (!pending.empty()) {
    const Id package = pending.back();
    pending.pop_back();
    for (const Id kind : kinds) {
      for (const Id dependency : pool.dependencies_of(package, kind)) {
        for (const Id plain : plain_dependencies(pool.get(), dependency)) {
          if (is_unanswered_file(pool, plain)) return true;
          for (const Id provider : pool.providers_of(plain))
            visit(provider);
        }
      }
    }
  }
  return false;
}

} // namespace imagewright::resolve
