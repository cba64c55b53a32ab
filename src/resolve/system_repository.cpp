// SPDX-License-Identifier: MIT
#include "system_repository.hpp"

#include <array>
#include <string>
#include <utility>

extern "C" {
#include <solv/bitmap.h>
#include <solv/pool_parserpmrichdep.h>
#include <solv/repodata.h>
#include <solv/solvable.h>
}

namespace imagewright::resolve {

namespace {

constexpr std::array k_relation_kinds = {SOLVABLE_PROVIDES,   SOLVABLE_REQUIRES,
                                         SOLVABLE_CONFLICTS,  SOLVABLE_OBSOLETES,
                                         SOLVABLE_RECOMMENDS, SOLVABLE_SUPPLEMENTS};

Id dependency_of(Pool* pool, const model::PackageRelation& relation) {
  if (relation.name.starts_with('(')) {
    std::string text = relation.name;
    if (const Id rich = pool_parserpmrichdep(pool, text.data()); rich != 0) return rich;
  }
  const Id name = pool_str2id(pool, relation.name.c_str(), 1);
  const int comparison = (relation.is_less ? REL_LT : 0) | (relation.is_equal ? REL_EQ : 0) |
                         (relation.is_greater ? REL_GT : 0);
  if (relation.version.empty() || comparison == 0) return name;
  return pool_rel2id(pool, name, pool_str2id(pool, relation.version.c_str(), 1), comparison, 1);
}

void add_relations(Solvable* solvable, Id kind,
                   const std::vector<model::PackageRelation>& relations) {
  for (const model::PackageRelation& relation : relations)
    solvable_add_deparray(solvable, kind, dependency_of(solvable->repo->pool, relation), 0);
}

void add_files(Repodata* data, Id package, const std::vector<std::string>& files) {
  for (const std::string& file : files) {
    const std::size_t slash = file.rfind('/');
    if (slash == std::string::npos) continue;
    const std::string directory = slash == 0 ? "/" : file.substr(0, slash);
    repodata_add_dirstr(data, package, SOLVABLE_FILELIST,
                        repodata_str2dir(data, directory.c_str(), 1), file.c_str() + slash + 1);
  }
}

Id add_package(Repo* repository, Repodata* data, const model::InstalledPackage& package) {
  Pool* pool = repository->pool;
  const Id id = repo_add_solvable(repository);
  Solvable* solvable = pool_id2solvable(pool, id);
  solvable->name = pool_str2id(pool, package.nevra.name.c_str(), 1);
  solvable->evr = pool_str2id(pool, package.nevra.evr().c_str(), 1);
  solvable->arch = pool_str2id(pool, package.nevra.architecture.c_str(), 1);
  if (!package.vendor.empty()) solvable->vendor = pool_str2id(pool, package.vendor.c_str(), 1);
  add_relations(solvable, SOLVABLE_PROVIDES, package.provides);
  solvable_add_deparray(solvable, SOLVABLE_PROVIDES,
                        pool_rel2id(pool, solvable->name, solvable->evr, REL_EQ, 1), 0);
  add_relations(solvable, SOLVABLE_REQUIRES, package.requirements);
  add_relations(solvable, SOLVABLE_CONFLICTS, package.conflicts);
  add_relations(solvable, SOLVABLE_OBSOLETES, package.obsoletes);
  add_relations(solvable, SOLVABLE_RECOMMENDS, package.recommends);
  add_relations(solvable, SOLVABLE_SUPPLEMENTS, package.supplements);
  add_files(data, id, package.files);
  return id;
}

Id add_copy(Repo* repository, Id package) {
  Pool* pool = repository->pool;
  const Id id = repo_add_solvable(repository);
  Solvable* from = pool_id2solvable(pool, package);
  Solvable* to = pool_id2solvable(pool, id);
  to->name = from->name;
  to->evr = from->evr;
  to->arch = from->arch;
  to->vendor = from->vendor;
  for (const Id kind : k_relation_kinds) {
    IdQueue dependencies;
    solvable_lookup_deparray(from, kind, dependencies.get(), 0);
    solvable_set_deparray(to, kind, dependencies.get(), 0);
  }
  return id;
}

} // namespace

SystemRepository::SystemRepository(PackagePool& pool,
                                   std::span<const model::InstalledPackage> installed)
    : pool_(pool) {
  Repo* repository = repo_create(pool.get(), "@System");
  Repodata* data = repo_add_repodata(repository, 0);
  std::map<Id, PackageOrigin> origins;
  for (std::size_t index = 0; index < installed.size(); ++index)
    origins[add_package(repository, data, installed[index])] = FromBase{index};
  repo_internalize(repository);
  use(repository, std::move(origins));
}

void SystemRepository::replace_by(std::span<const Id> packages) {
  Repo* repository = repo_create(pool_.get(), "@System");
  std::map<Id, PackageOrigin> origins;
  for (const Id package : packages) {
    const auto known = origins_.find(package);
    origins[add_copy(repository, package)] =
        known == origins_.end() ? PackageOrigin(FromRepository{package}) : known->second;
  }
  repo_free(repository_, 0);
  use(repository, std::move(origins));
}

void SystemRepository::use(Repo* repository, std::map<Id, PackageOrigin> origins) {
  Pool* pool = pool_.get();
  repository_ = repository;
  origins_ = std::move(origins);
  pool_set_installed(pool, repository);
  if (pool->considered != nullptr) {
    map_grow(pool->considered, pool->nsolvables);
    for (const auto& [package, origin] : origins_)
      map_set(pool->considered, package);
  }
  pool_addfileprovides(pool);
  pool_createwhatprovides(pool);
}

} // namespace imagewright::resolve
