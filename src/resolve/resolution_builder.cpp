// SPDX-License-Identifier: MIT
#include "resolution_builder.hpp"

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <tuple>
#include <utility>

extern "C" {
#include <solv/chksum.h>
#include <solv/solvable.h>
}
#include <fmt/format.h>

#include <imagewright/base/error.hpp>
#include <imagewright/base/text.hpp>
#include <imagewright/base/url.hpp>

#include "dependency_names.hpp"

namespace imagewright::resolve {

namespace {

std::optional<base::Digest> find_checksum(Solvable* solvable) {
  Id type = 0;
  const char* hex = solvable_lookup_checksum(solvable, SOLVABLE_CHECKSUM, &type);
  const char* algorithm = hex == nullptr ? nullptr : solv_chksum_type2str(type);
  if (algorithm == nullptr) return std::nullopt;
  return base::Digest::parse(fmt::format("{}:{}", algorithm, hex));
}

/// Indexes of the chosen packages in the resolution.
using Positions = std::map<Id, std::size_t>;

class ResolutionBuilder {
public:
  ResolutionBuilder(const PackagePool& pool, const std::vector<Id>& chosen) : pool_(pool) {
    std::vector<std::pair<model::LockedPackage, Id>> sorted;
    for (const Id package : chosen)
      sorted.emplace_back(locked_package(pool, package), package);
    std::sort(sorted.begin(), sorted.end());
    for (auto& [package, id] : sorted) {
      positions_[id] = resolution_.packages.size();
      resolution_.packages.push_back(std::move(package));
    }
  }

  Resolution build(const std::vector<RequestMatch>& matches) {
    for (const auto& [package, position] : positions_) {
      add_dependencies(package, SOLVABLE_REQUIRES);
      add_dependencies(package, SOLVABLE_RECOMMENDS);
      add_supplements(package);
      add_provides(package, position);
    }
    drop_weak_duplicates();
    for (auto& [name, providers] : resolution_.providers)
      std::sort(providers.begin(), providers.end());
    add_requests(matches);
    add_warnings();
    add_module_warning();
    return std::move(resolution_);
  }

private:
  void add_dependencies(Id package, Id kind) {
    const bool is_weak = kind != SOLVABLE_REQUIRES;
    for (const Id dependency : pool_.dependencies_of(package, kind)) {
      for (const Id plain : plain_dependencies(pool_.get(), dependency)) {
        for (const Id provider : pool_.providers_of(plain)) {
          add(package, provider, dependency, is_weak);
        }
      }
    }
  }

  /// "I am wanted where that is": as if that recommended this package.
  void add_supplements(Id package) {
    for (const Id dependency : pool_.dependencies_of(package, SOLVABLE_SUPPLEMENTS)) {
      for (const Id plain : plain_dependencies(pool_.get(), dependency)) {
        for (const Id supplemented : pool_.providers_of(plain)) {
          add(supplemented, package, dependency, true);
        }
      }
    }
  }

  void add(Id requirer, Id provider, Id dependency, bool is_weak) {
    const auto from = positions_.find(requirer);
    const auto to = positions_.find(provider);
    if (requirer == provider || from == positions_.end() || to == positions_.end()) return;
    resolution_.dependencies.push_back(
        {from->second, to->second, pool_.dependency_text(dependency), is_weak});
  }

  /// What is required anyway is not worth recommending.
  void drop_weak_duplicates() {
    auto& dependencies = resolution_.dependencies;
    std::sort(dependencies.begin(), dependencies.end());
    dependencies.erase(std::unique(dependencies.begin(), dependencies.end()), dependencies.end());
    std::set<std::pair<std::size_t, std::size_t>> required;
    for (const Dependency& item : dependencies) {
      if (!item.is_weak) required.emplace(item.requirer, item.provider);
    }
    std::erase_if(dependencies, [&](const Dependency& item) {
      return item.is_weak && required.count({item.requirer, item.provider}) > 0;
    });
  }

  void add_provides(Id package, std::size_t position) {
    std::set<std::string> names{resolution_.packages[position].nevra.name};
    for (const Id dependency : pool_.dependencies_of(package, SOLVABLE_PROVIDES)) {
      Id name = dependency;
      while (is_relation(name))
        name = relation_of(pool_.get(), name).name;
      names.insert(pool_id2str(pool_.get(), name));
    }
    for (const std::string& name : names)
      resolution_.providers[name].push_back(position);
  }

  void add_requests(const std::vector<RequestMatch>& matches) {
    const auto& requests = pool_.request().packages;
    for (std::size_t index = 0; index < requests.size(); ++index) {
      FulfilledRequest fulfilled{.request = requests[index]};
      for (const Id candidate : matches[index].candidates) {
        const auto found = positions_.find(candidate);
        if (found != positions_.end()) fulfilled.packages.push_back(found->second);
      }
      std::sort(fulfilled.packages.begin(), fulfilled.packages.end());
      resolution_.requests.push_back(std::move(fulfilled));
    }
  }

  /// Metadata that was made without requirements resolves to a set that cannot be installed.
  void add_warnings() {
    std::set<const model::RepositorySnapshot*> chosen;
    std::set<const model::RepositorySnapshot*> with_requirements;
    for (const auto& [package, position] : positions_)
      chosen.insert(&pool_.snapshot_of(package));
    for (const Id package : pool_.all_packages()) {
      const Solvable* solvable = pool_id2solvable(pool_.get(), package);
      if (solvable->repo == pool_.get()->installed) continue;
      if (solvable->dep_requires != 0) {
        with_requirements.insert(&pool_.snapshot_of(package));
      }
    }
    for (const model::RepositorySnapshot& snapshot : pool_.snapshots()) {
      if (chosen.count(&snapshot) == 0 || with_requirements.count(&snapshot) > 0) continue;
      base::Diagnostic warning{
          .severity = base::Severity::warning,
          .code = "resolve.no-requirements",
          .message = fmt::format("no package of the repository {} requires anything: its metadata "
                                 "may have been made without requirements, and what its packages "
                                 "need may be missing",
                                 base::quoted(snapshot.repository.name)),
          .hint = "when that is wrong, make the metadata again with createrepo_c"};
      if (!snapshot.repository.where.file.empty()) warning.where = snapshot.repository.where;
      resolution_.warnings.push_back(std::move(warning));
    }
  }

  /// Builds of modules bear it in their release: "1.module+el8.9.0+1+abc", "1.module_el8.5.0+2".
  /// Repositories that say what belongs to which stream are refused before; one that was made of
  /// such packages without saying so has the packages of every stream on equal terms, to dnf, too.
  void add_module_warning() {
    std::vector<std::string> names;
    for (const auto& [package, position] : positions_) {
      const std::string& release = resolution_.packages[position].nevra.release;
      const bool is_of_module = release.find(".module+") != std::string::npos ||
                                release.find(".module_") != std::string::npos;
      const Solvable* solvable = pool_id2solvable(pool_.get(), package);
      if (is_of_module && solvable->repo != pool_.get()->installed)
        names.push_back(resolution_.packages[position].nevra.to_string());
    }
    if (names.empty()) return;
    std::sort(names.begin(), names.end());
    resolution_.warnings.push_back(
        {.severity = base::Severity::warning,
         .code = "resolve.module-packages",
         .message = fmt::format("packages of module streams are chosen, and no metadata says of "
                                "which: {}",
                                base::join(names, ", ")),
         .hint = "where it is the wrong stream, exclude its packages or give their versions"});
  }

  const PackagePool& pool_;
  Positions positions_;
  Resolution resolution_;
};

std::string text_or_nothing(const char* text) {
  return text == nullptr ? std::string() : std::string(text);
}

std::string vendor_of(Solvable* solvable) {
  return solvable->vendor == 0 ? std::string()
                               : std::string(pool_id2str(solvable->repo->pool, solvable->vendor));
}

/// No package is larger; sums of such sizes stay far from the end of the numbers.
constexpr std::uint64_t k_largest_size = std::uint64_t{1} << 40U;
/// The year 2200.
constexpr std::uint64_t k_latest_time = 7258118400;

[[noreturn]] void fail_damaged(const PackagePool& pool, Id package, const std::string& what) {
  throw base::Error(base::FailureKind::build, "resolve.metadata-unreadable",
                    fmt::format("the repository {} {} {}",
                                base::quoted(pool.snapshot_of(package).repository.name), what,
                                base::quoted(pool.text_of(package))),
                    "the repository's metadata is damaged; make it again with createrepo_c");
}

std::uint64_t bounded_number(const PackagePool& pool, Id package, Id key, std::uint64_t most) {
  Solvable* solvable = pool_id2solvable(pool.get(), package);
  const auto number = static_cast<std::uint64_t>(solvable_lookup_num(solvable, key, 0));
  if (number <= most) return number;
  fail_damaged(pool, package,
               fmt::format("has the impossible number {} as {} of", number,
                           base::escape_controls(pool_id2str(pool.get(), key))));
}

/// A base that is no URL is a directory below the repository. One that is takes the last part of
/// the location only: the rest becomes a part of it.
base::Place place_of(const PackagePool& pool, Id package) {
  Solvable* solvable = pool_id2solvable(pool.get(), package);
  unsigned int medium = 0;
  const char* location = solvable_lookup_location(solvable, &medium);
  if (location == nullptr) fail_damaged(pool, package, "does not say where it has");
  base::Place place{.base = {}, .path = location};
  const char* base = solvable_lookup_str(solvable, SOLVABLE_MEDIABASE);
  if (base == nullptr) return place;
  std::string text = base;
  while (text.ends_with('/') && !text.ends_with("://"))
    text.pop_back();
  if (text.empty() || text == ".") return place;
  if (base::scheme_of(text).empty()) {
    place.path = text + "/" + place.path;
  } else {
    place.base = text;
  }
  return place;
}

void require_safe(const PackagePool& pool, Id package, const model::Nevra& nevra,
                  const base::Place& place) {
  for (const std::string* word :
       {&nevra.name, &nevra.version, &nevra.release, &nevra.architecture}) {
    if (!word->empty() && base::is_plain_word(*word)) continue;
    fail_damaged(pool, package, "has characters that no package can have in the name of");
  }
  if (const auto fault = base::find_location_fault(place.path)) {
    fail_damaged(pool, package,
                 fmt::format("places at {}, which {},", base::quoted(place.path), *fault));
  }
  if (place.base.empty()) return;
  const model::Repository& repository = pool.snapshot_of(package).repository;
  const std::string own = !repository.path.empty()      ? base::uri_of_file(repository.path)
                          : repository.base_url.empty() ? repository.mirror_list
                                                        : repository.base_url;
  if (const auto fault = base::find_base_fault(place.base, own)) {
    fail_damaged(pool, package,
                 fmt::format("places below {}, which {},",
                             base::quoted(base::without_secrets(place.base)), *fault));
  }
}

} // namespace

model::LockedPackage locked_package(const PackagePool& pool, Id package) {
  Solvable* solvable = pool_id2solvable(pool.get(), package);
  const auto checksum = find_checksum(solvable);
  if (!checksum) {
    throw base::Error(base::FailureKind::verification, "resolve.weak-checksum",
                      fmt::format("the repository {} has no SHA-2 checksum for {}",
                                  base::quoted(pool.snapshot_of(package).repository.name),
                                  pool.text_of(package)),
                      "ask whoever runs the repository to use createrepo_c --checksum sha256");
  }
  const auto number = [&](Id key, std::uint64_t most) {
    return bounded_number(pool, package, key, most);
  };
  model::LockedPackage locked{
      .nevra = pool.nevra_of(package),
      .repository = pool.snapshot_of(package).repository.name,
      .checksum = *checksum,
      .download_size = base::ByteSize(number(SOLVABLE_DOWNLOADSIZE, k_largest_size)),
      .installed_size = base::ByteSize(number(SOLVABLE_INSTALLSIZE, k_largest_size)),
      .build_time = base::Epoch(std::chrono::seconds(
          static_cast<std::int64_t>(number(SOLVABLE_BUILDTIME, k_latest_time)))),
      .provenance = {.source_package = text_or_nothing(solvable_lookup_sourcepkg(solvable)),
                     .license = text_or_nothing(solvable_lookup_str(solvable, SOLVABLE_LICENSE)),
                     .vendor = vendor_of(solvable)}};
  const base::Place place = place_of(pool, package);
  require_safe(pool, package, locked.nevra, place);
  locked.location = base::join_place(place);
  return locked;
}

Resolution build_resolution(const PackagePool& pool, const std::vector<Id>& chosen,
                            const std::vector<RequestMatch>& matches) {
  return ResolutionBuilder(pool, chosen).build(matches);
}

} // namespace imagewright::resolve
