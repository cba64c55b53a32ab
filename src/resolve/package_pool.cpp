// SPDX-License-Identifier: MIT
#include "package_pool.hpp"

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <string_view>
#include <tuple>
#include <utility>

extern "C" {
#include <solv/bitmap.h>
#include <solv/poolarch.h>
#include <solv/solvable.h>
}
#include <imagewright/base/error.hpp>
#include <imagewright/base/text.hpp>

namespace imagewright::resolve {

namespace {

/// libsolv's notation: the best first; "noarch" is always accepted.
std::string architecture_policy(const model::Architecture& architecture) {
  std::vector<std::string> accepted = architecture.rpm_accepts;
  std::erase(accepted, "noarch");
  return base::join(accepted, ":");
}

std::vector<model::RepositorySnapshot> in_order(std::vector<model::RepositorySnapshot> snapshots) {
  const auto rank = [](const model::RepositorySnapshot& snapshot) {
    const model::Repository& repository = snapshot.repository;
    return std::tie(repository.priority, repository.cost, repository.name, snapshot.metadata);
  };
  std::sort(snapshots.begin(), snapshots.end(),
            [&](const auto& left, const auto& right) { return rank(left) < rank(right); });
  return snapshots;
}

} // namespace

PackagePool::PackagePool(const ResolveRequest& request, FileLists file_lists,
                         const base::Cancellation& cancellation)
    : request_(request), pool_(pool_create()), snapshots_(in_order(request.repositories)) {
  Pool* pool = pool_.get();
  // Before repositories are added: versions are compared the way of RPM, whatever libsolv was built
  // for.
  pool_setdisttype(pool, DISTTYPE_RPM);
  pool_setarchpolicy(pool, architecture_policy(request.architecture).c_str());
  for (model::RepositorySnapshot& snapshot : snapshots_) {
    if (file_lists == FileLists::complete && !snapshot.filelists && request.load_filelists) {
      snapshot.filelists = request.load_filelists(snapshot);
    }
    Repo* repository = repo_create(pool, snapshot.repository.name.c_str());
    // For libsolv the larger wins.
    repository->priority = -snapshot.repository.priority;
    repository->subpriority = -snapshot.repository.cost;
    load_metadata(
        repository, snapshot,
        {.file_lists = file_lists, .times = request.snapshot ? Times::kept : Times::left_out},
        request.metadata_cache, cancellation);
  }
  pool_addfileprovides(pool);
  pool_createwhatprovides(pool);
  leave_out_excluded();
}

void PackagePool::leave_out_excluded() {
  const bool has_filters =
      request_.snapshot || !request_.excludes.empty() ||
      std::any_of(snapshots_.begin(), snapshots_.end(), [](const auto& snapshot) {
        return !snapshot.repository.exclude_packages.empty() ||
               !snapshot.repository.include_packages.empty();
      });
  if (!has_filters) return;
  exclusions_ = find_exclusions(*this);
  // PoolDeleter frees it.
  auto* considered = static_cast<Map*>(std::calloc(1, sizeof(Map)));
  map_init(considered, pool_->nsolvables);
  map_setall(considered);
  pool_->considered = considered;
  for (const auto& [package, exclusion] : exclusions_.by_package)
    map_clr(considered, package);
  // What was left out provides nothing any more.
  pool_createwhatprovides(pool_.get());
}

const Exclusion* PackagePool::find_exclusion(Id package) const {
  const auto found = exclusions_.by_package.find(package);
  return found == exclusions_.by_package.end() ? nullptr : &found->second;
}

model::Nevra PackagePool::nevra_of(Id package) const {
  const Solvable* solvable = pool_id2solvable(pool_.get(), package);
  model::Nevra nevra{.name = pool_id2str(pool_.get(), solvable->name),
                     .architecture = pool_id2str(pool_.get(), solvable->arch)};
  std::string_view evr = pool_id2str(pool_.get(), solvable->evr);
  const std::size_t colon = evr.find(':');
  if (colon != std::string_view::npos) {
    std::from_chars(evr.data(), evr.data() + colon, nevra.epoch);
    evr.remove_prefix(colon + 1);
  }
  const std::size_t dash = evr.rfind('-');
  nevra.version = evr.substr(0, dash);
  if (dash != std::string_view::npos) nevra.release = evr.substr(dash + 1);
  return nevra;
}

std::string PackagePool::dependency_text(Id dependency) const {
  // Names of capabilities are whatever the metadata says.
  return base::escape_controls(pool_dep2str(pool_.get(), dependency));
}

const model::RepositorySnapshot& PackagePool::snapshot_of(Id package) const {
  // Repositories are numbered from 1 in the order in which they were made.
  const Id repository = pool_id2solvable(pool_.get(), package)->repo->repoid;
  return snapshots_.at(static_cast<std::size_t>(repository - 1));
}

std::vector<Id> PackagePool::all_packages() const {
  std::vector<Id> packages;
  const Pool* pool = pool_.get();
  // 0 means nothing, 1 is the system.
  for (Id package = 2; package < pool->nsolvables; ++package) {
    if (pool->solvables[package].repo != nullptr) packages.push_back(package);
  }
  return packages;
}

bool PackagePool::is_usable(Id package) const {
  const Pool* pool = pool_.get();
  if (pool_installable(pool, pool_id2solvable(pool, package)) == 0) return false;
  return pool->considered == nullptr || MAPTST(pool->considered, package);
}

std::vector<Id> PackagePool::providers_of(Id dependency) const {
  std::vector<Id> result;
  Pool* pool = pool_.get();
  for (Id offset = static_cast<Id>(pool_whatprovides(pool, dependency));; ++offset) {
    const Id provider = pool->whatprovidesdata[offset];
    if (provider == 0) return result;
    // The system itself stands for what is always there, such as rpmlib().
    if (provider != SYSTEMSOLVABLE) result.push_back(provider);
  }
}

std::vector<Id> PackagePool::dependencies_of(Id package, Id kind) const {
  IdQueue queue;
  solvable_lookup_deparray(pool_id2solvable(pool_.get(), package), kind, queue.get(), 0);
  std::vector<Id> result(queue.ids().begin(), queue.ids().end());
  // The marker stands between ordinary and pre-requirements.
  std::erase(result, static_cast<Id>(SOLVABLE_PREREQMARKER));
  return result;
}

std::vector<std::string> PackagePool::files_of(Id package) const {
  std::vector<std::string> files;
  Dataiterator iterator;
  dataiterator_init(&iterator, pool_.get(), nullptr, package, SOLVABLE_FILELIST, nullptr,
                    SEARCH_FILES | SEARCH_COMPLETE_FILELIST);
  while (dataiterator_step(&iterator) != 0)
    files.emplace_back(iterator.kv.str);
  dataiterator_free(&iterator);
  return files;
}

} // namespace imagewright::resolve
