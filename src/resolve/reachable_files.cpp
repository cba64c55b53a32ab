// SPDX-License-Identifier: MIT
#include "reachable_files.hpp"

#include <algorithm>
#include <cstddef>

#include "dependency_names.hpp"

namespace imagewright::resolve {

namespace {

/// Can only file lists say who has it?
bool is_file_of_lists(const PackagePool& pool, Id dependency) {
  if (is_relation(dependency)) return false;
  const std::string_view text = pool_id2str(pool.get(), dependency);
  return text.starts_with('/') && !is_in_primary(text);
}

std::vector<Id> kinds_that_bring_in(const ResolveRequest& request) {
  if (request.weak_dependencies == WeakDependencies::ignored) return {SOLVABLE_REQUIRES};
  return {SOLVABLE_REQUIRES, SOLVABLE_RECOMMENDS};
}

/// Does a dependency speak of a file that primary metadata cannot tell enough of? One that is
/// required is answered by any package that provides it. A condition, a conflict or a supplement is
/// about every package that has the file.
bool is_unanswered(const PackagePool& pool, Id dependency) {
  const auto wanted = plain_dependencies(pool.get(), dependency);
  for (const Id plain : mentioned_dependencies(pool.get(), dependency)) {
    if (!is_file_of_lists(pool, plain)) continue;
    const bool is_wanted = std::find(wanted.begin(), wanted.end(), plain) != wanted.end();
    if (!is_wanted || pool.providers_of(plain).empty()) return true;
  }
  return false;
}

bool mentions_file_of_lists(const PackagePool& pool, Id package, Id kind) {
  for (const Id dependency : pool.dependencies_of(package, kind)) {
    for (const Id plain : mentioned_dependencies(pool.get(), dependency)) {
      if (is_file_of_lists(pool, plain)) return true;
    }
  }
  return false;
}

/// Whatever is installed may be supplemented by any package.
bool is_any_supplement_about_files(const PackagePool& pool) {
  if (pool.request().weak_dependencies == WeakDependencies::ignored) return false;
  const auto packages = pool.all_packages();
  return std::any_of(packages.begin(), packages.end(), [&](Id package) {
    return pool.is_usable(package) && mentions_file_of_lists(pool, package, SOLVABLE_SUPPLEMENTS);
  });
}

} // namespace

bool is_in_primary(std::string_view path) {
  return path.starts_with("/etc/") || path.find("bin/") != std::string_view::npos ||
         path == "/usr/lib/sendmail";
}

bool needs_file_lists(const PackagePool& pool, const std::vector<Id>& start) {
  if (is_any_supplement_about_files(pool)) return true;
  const std::vector<Id> kinds = kinds_that_bring_in(pool.request());
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
    if (mentions_file_of_lists(pool, package, SOLVABLE_CONFLICTS)) return true;
    for (const Id kind : kinds) {
      for (const Id dependency : pool.dependencies_of(package, kind)) {
        if (is_unanswered(pool, dependency)) return true;
        for (const Id plain : plain_dependencies(pool.get(), dependency)) {
          for (const Id provider : pool.providers_of(plain))
            visit(provider);
        }
      }
    }
  }
  return false;
}

} // namespace imagewright::resolve
